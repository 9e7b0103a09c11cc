// The rows of an earlier span beside those of a span.

/**
 * What the earlier row of a row is: that of the same name, and of several the one as far in. Undefined while it is on its way, null
 * when there is none.
 * @param {any[]} now @param {any[] | undefined} then @param {(r: any) => string} name
 * @returns {(r: any) => any}
 */
export function matched(now, then, name) {
  if (!then) return () => undefined;
  /** @param {any[]} rows */
  const places = (rows) => {
    /** @type {Map<string, number>} */
    const seen = new Map();
    return rows.map((r) => {
      const n = (seen.get(name(r)) ?? -1) + 1;
      seen.set(name(r), n);
      return `${n} ${name(r)}`;
    });
  };
  const at = places(then);
  const old = new Map(then.map((r, i) => [at[i], r]));
  const here = places(now);
  const of = new Map(now.map((r, i) => [r, old.get(here[i]) ?? null]));
  return (r) => of.get(r) ?? null;
}
