// What the pages use of @preact/signals 2.
export interface ReadonlySignal<T> {
  readonly value: T;
  peek(): T;
  subscribe(f: (value: T) => void): () => void;
}
export interface Signal<T> extends ReadonlySignal<T> {
  value: T;
}
export function signal<T>(value: T): Signal<T>;
export function computed<T>(f: () => T): ReadonlySignal<T>;
export function effect(f: () => void | (() => void)): () => void;
export function batch<T>(f: () => T): T;
