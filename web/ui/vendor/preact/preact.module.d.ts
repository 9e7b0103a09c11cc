// What the pages use of Preact 10.
export type VNode = object;
export type Children = unknown;
export function h(type: unknown, props: object | null, ...children: Children[]): VNode;
export function render(node: Children, into: Element | ShadowRoot): void;
export const Fragment: unique symbol;
