// The rules of a queue: what it does with callers besides handing them to agents. Each is a row, with its fields and the steps that it leads to.

/** @typedef {import("./inputs.js").Field} Field */

const after = /** @type {Field} */ ({ key: "after" });

/**
 * @type {{ id: string, fields: Field[], ways?: string[], many?: boolean, fresh: any }[]}
 */
export const rules = [
  { id: "relax", many: true, fields: [after, { key: "needs", wide: true }], fresh: { after: "30s", needs: "" } },
  { id: "overflow", many: true, fields: [after, { key: "queues", type: "refs", of: "queues", wide: true }], fresh: { after: "30s", queues: [] } },
  {
    id: "choice",
    fields: [
      { key: "keys", type: "keypad", wide: true },
      { key: "prompt", type: "prompt", wide: true },
      { key: "every", usual: "30s" },
      { key: "timeout", usual: "5s" },
      { key: "tries", type: "number", usual: "1" },
    ],
    fresh: { prompt: "wait-choice", keys: { 1: { stay: {} }, 2: "callback" } },
  },
  { id: "max_wait", fields: [after], ways: ["then"], fresh: { after: "10m", then: "hangup" } },
  { id: "max_waiting", fields: [{ key: "count", type: "number" }], ways: ["then"], fresh: { count: 100, then: "busy" } },
  { id: "long_wait", fields: [{ key: "over" }], ways: ["then"], fresh: { over: "10m", then: "callback" } },
  {
    id: "no_agents",
    fields: [
      { key: "at", type: "choice", choices: ["join", "waiting", "both"] },
      { key: "after", usual: "0s" },
      { key: "count", type: "refs", choices: ["ready", "busy", "wrap_up", "not_ready"], wide: true },
      { key: "reasons", type: "refs", of: "not_ready_reasons", wide: true },
    ],
    ways: ["then"],
    fresh: { then: [{ play: "all-busy" }, "hangup"] },
  },
  {
    id: "closing",
    fields: [
      { key: "hours", type: "ref", of: "hours", wide: true },
      { key: "switch", type: "ref", of: "switches", wide: true },
    ],
    ways: ["join", "waiting"],
    fresh: { join: [{ play: "closed" }, "hangup"] },
  },
  { id: "last_agent", fields: [{ key: "for" }, { key: "within", usual: "7d" }], fresh: { for: "30s" } },
  { id: "return", fields: [{ key: "" }], fresh: "5m" },
  {
    id: "callback",
    fields: [
      { key: "hours", type: "ref", of: "hours", wide: true },
      { key: "trunk" },
      { key: "from" },
      { key: "retries", type: "number", usual: "2" },
      { key: "every", usual: "5m" },
      { key: "expires", usual: "24h" },
      { key: "ring", usual: "30s" },
      { key: "confirm", type: "prompt", wide: true },
    ],
    fresh: { retries: 2 },
  },
  { id: "survey", fields: [{ key: "flow", type: "ref", of: "flows", wide: true }, { key: "sample", type: "fraction", usual: "1" }], fresh: { flow: "" } },
];

/** @param {string} id */
export const ruleOf = (id) => rules.find((r) => r.id === id);

/**
 * What has to be said (RFC 7396) so that one value becomes another; undefined where they are the same.
 * @param {any} was @param {any} now @returns {any}
 */
export function patch(was, now) {
  if (JSON.stringify(was) === JSON.stringify(now)) return undefined;
  const isMap = (/** @type {any} */ v) => typeof v === "object" && v !== null && !Array.isArray(v);
  if (!isMap(was) || !isMap(now)) return now ?? null;
  /** @type {Record<string, any>} */
  const out = {};
  for (const k of Object.keys(was)) if (now[k] === undefined) out[k] = null;
  for (const k of Object.keys(now)) {
    const p = patch(was[k], now[k]);
    if (p !== undefined) out[k] = p;
  }
  return Object.keys(out).length ? out : undefined;
}
