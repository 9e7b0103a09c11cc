// What the pages use of Preact's hooks.
export function useEffect(effect: () => void | (() => void), deps?: readonly unknown[]): void;
export function useLayoutEffect(effect: () => void | (() => void), deps?: readonly unknown[]): void;
export function useRef<T>(initial: T): { current: T };
export function useState<T>(initial: T | (() => T)): [T, (next: T | ((was: T) => T)) => void];
export function useMemo<T>(make: () => T, deps: readonly unknown[]): T;
export function useCallback<T>(f: T, deps: readonly unknown[]): T;
