// What the forms know of the steps of a dialogue: their kinds, the fields of each, and the ways that lead on from it.

/**
 * @typedef {import("./inputs.js").Field} Field
 * @typedef {(string | number)[]} Path
 * @typedef {{ path: Path, word: string, of: string, key?: string, fixed?: boolean }} Way a list of steps within a step; `of`: the kind it belongs to
 */

/** Kinds as they are offered, those that belong together side by side. @type {{ id: string, kinds: string[] }[]} */
export const groups = [
  { id: "speak", kinds: ["play", "say", "language"] },
  { id: "ask", kinds: ["menu", "collect", "rate"] },
  { id: "decide", kinds: ["hours", "switch", "if", "set", "lookup"] },
  { id: "send", kinds: ["queue", "number", "flow", "voicemail", "callback"] },
  { id: "line", kinds: ["answer", "ring", "hangup", "busy"] },
];

/** @type {Field} */
const prompt = { key: "prompt", type: "prompt", wide: true };
const tries = /** @type {Field} */ ({ key: "tries", type: "number", usual: "3" });
const timeout = /** @type {Field} */ ({ key: "timeout", usual: "5s" });

/** Fields of a step by kind; the key "" is the step's value itself. @type {Record<string, Field[]>} */
export const stepFields = {
  answer: [],
  ring: [],
  busy: [],
  hangup: [],
  stay: [],
  play: [{ key: "", type: "prompt", wide: true }],
  language: [{ key: "", type: "choice", choices: ["zh-CN", "en-US"], wide: true }],
  flow: [{ key: "", type: "ref", of: "flows", wide: true }],
  say: [{ key: "", type: "said", wide: true }],
  menu: [{ key: "keys", type: "keypad", wide: true }, prompt, tries, timeout],
  collect: [
    prompt,
    { key: "save", type: "attr", wide: true },
    { key: "min", type: "number", usual: "1" },
    { key: "max", type: "number", usual: "20" },
    { key: "end", usual: "#", empty: true },
    timeout,
    tries,
    { key: "secret", type: "bool" },
  ],
  set: [
    { key: "attrs", type: "map", wide: true },
    { key: "needs", wide: true },
    { key: "priority", type: "number", usual: "0" },
  ],
  if: [{ key: "when", type: "condition", wide: true }],
  hours: [{ key: "of", type: "ref", of: "hours", wide: true }],
  switch: [{ key: "of", type: "ref", of: "switches", wide: true }],
  lookup: [
    { key: "url", wide: true },
    { key: "method", type: "choice", choices: ["GET", "POST"] },
    { key: "timeout", usual: "2s" },
    { key: "save", type: "map", wide: true },
    { key: "headers", type: "map", wide: true },
  ],
  queue: [
    { key: "id", type: "ref", of: "queues", wide: true },
    { key: "also", type: "refs", of: "queues", wide: true },
    { key: "needs", wide: true },
    { key: "priority", type: "number", usual: "0" },
    { key: "unanswered", type: "bool" },
  ],
  number: [
    { key: "to", wide: true },
    { key: "from" },
    { key: "trunk" },
    { key: "timeout", usual: "30s" },
  ],
  voicemail: [
    { key: "owner", type: "owner", wide: true },
    { key: "prompt", type: "prompt", wide: true, usual: "leave-message" },
    { key: "max", usual: "2m" },
    { key: "min", usual: "2s" },
    { key: "due", usual: "24h" },
  ],
  callback: [{ key: "queue", type: "ref", of: "queues", wide: true }, { key: "collect", type: "offered", wide: true }],
  rate: [{ key: "question" }, { key: "tries", type: "number", usual: "2" }, { key: "prompt", type: "prompt", wide: true, usual: "survey-question" }, { key: "keys", type: "map", of: "score", wide: true }, timeout],
};

/** Of kinds that may be one word or number: which key that is. @type {Record<string, string>} */
const short = { queue: "id", number: "to" };

/** What the kinds begin as. @param {string} kind @param {any} file */
export function fresh(kind, file) {
  const first = (/** @type {string} */ part) => String(file[part]?.[0]?.id ?? "");
  switch (kind) {
    case "play":
      return { play: "please-wait" };
    case "say":
      return { say: { digits: "{caller}" } };
    case "language":
      return { language: "en-US" };
    case "menu":
      return { menu: { prompt: "main-menu", keys: { 1: { queue: first("queues") } }, otherwise: { queue: first("queues") } } };
    case "collect":
      return { collect: { prompt: "enter-number", save: "number" } };
    case "rate":
      return { rate: { question: "service", keys: { 1: 5, 2: 3, 3: 1 } } };
    case "hours":
      return { hours: { of: first("hours"), closed: [{ play: "closed" }, { hangup: {} }] } };
    case "switch":
      return { switch: { of: first("switches"), on: [{ play: "emergency" }] } };
    case "if":
      return { if: { when: "vip", then: [{ set: { priority: 2 } }] } };
    case "set":
      return { set: { priority: 1 } };
    case "lookup":
      return { lookup: { url: "https://crm.example/callers?number={caller}", save: { vip: "level" } } };
    case "queue":
      return { queue: first("queues") };
    case "number":
      return { number: { to: "" } };
    case "flow":
      return { flow: Object.keys(file.flows ?? {})[0] ?? "" };
    case "callback":
      return { callback: { queue: first("queues") } };
  }
  return { [kind]: {} };
}

/** What a step is, by the word that the file uses. @param {any} step @returns {string} */
export const word = (step) => (typeof step === "string" ? step : Object.keys(step ?? {})[0] ?? "");
/** @param {any} step */
export const kindOf = (step) => (word(step) === "message" ? "play" : word(step));

/** What a step says of itself, as a map; the value alone where its kind has no map. @param {any} step */
export function bodyOf(step) {
  const kind = kindOf(step);
  const body = typeof step === "string" ? {} : step?.[word(step)];
  if (short[kind] && (typeof body !== "object" || body === null)) return { [short[kind]]: body };
  return body ?? {};
}

/** The step with another body, in the shortest way of saying it. @param {any} step @param {any} body */
export function withBody(step, body) {
  const kind = kindOf(step);
  if (short[kind] && typeof body === "object" && Object.keys(body).length === 1 && body[short[kind]] !== undefined) return { [kind]: body[short[kind]] };
  if (typeof step === "string" && typeof body === "object" && !Object.keys(body).length) return step;
  return { [typeof step === "string" ? kind : word(step)]: body };
}

/** @type {Record<string, string[]>} */
const ways = { if: ["then", "else"], hours: ["open", "closed"], switch: ["on", "off"], lookup: ["otherwise"], collect: ["otherwise"], menu: ["otherwise", "silent"] };

/** The keys under which steps stand. */
export const wayWords = [...new Set([...Object.values(ways).flat(), "then", "join", "waiting"])];

/** The keys of a telephone in their order. */
export const pad = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"];

/** @param {string} a @param {string} b */
const byPad = (a, b) => pad.indexOf(a) - pad.indexOf(b);

/** The ways on from a step that stands at a path. @param {any} step @param {Path} at @returns {Way[]} */
export function waysOf(step, at) {
  const kind = kindOf(step);
  if (typeof step === "string") return [];
  /** @type {Way[]} */
  const all = [];
  if (kind === "menu") {
    for (const key of Object.keys(bodyOf(step).keys ?? {}).sort(byPad)) all.push({ path: [...at, word(step), "keys", key], word: "key", of: kind, key });
  }
  for (const way of ways[kind] ?? []) all.push({ path: [...at, word(step), way], word: way, of: kind, fixed: true });
  if (kind === "callback" && bodyOf(step).collect) all.push({ path: [...at, word(step), "collect", "otherwise"], word: "otherwise", of: "collect", fixed: true });
  return all;
}

/** Whether nothing can follow a step: the engine would say so too. @param {any} step @returns {boolean} */
export function ends(step) {
  const kind = kindOf(step);
  const all = (/** @type {any} */ list) => list.length > 0 && ends(list[list.length - 1]);
  if (["queue", "flow", "stay", "busy", "hangup"].includes(kind)) return true;
  const body = bodyOf(step);
  if (["if", "hours", "switch"].includes(kind)) return ways[kind].every((w) => all(listOf(body[w])));
  if (kind === "menu") return ["otherwise", "silent"].every((w) => !listOf(body[w]).length || all(listOf(body[w])));
  return false;
}

/** Steps as a list, however they are written. @param {any} v @returns {any[]} */
export const listOf = (v) => (v === undefined || v === null ? [] : Array.isArray(v) ? v : [v]);

/** What stands at a path; a single step is the first of its list. @param {any} root @param {Path} path */
export function read(root, path) {
  let v = root;
  for (const k of path) v = typeof k === "number" && !Array.isArray(v) ? (k === 0 ? v : undefined) : v?.[k];
  return v;
}

/** The root with something else at a path; undefined takes it away. @param {any} root @param {Path} path @param {any} value @returns {any} */
export function write(root, path, value) {
  if (!path.length) return value;
  const [k, ...rest] = path;
  if (typeof k === "number") {
    if (!Array.isArray(root)) return write(root, rest, value);
    const list = [...root];
    list[k] = write(list[k], rest, value);
    return list;
  }
  const next = write(root?.[k], rest, value);
  const m = { ...(typeof root === "object" ? root : {}) };
  if (next === undefined) delete m[k];
  else m[k] = next;
  return m;
}

/** The root with other steps in a list; one that was a single step stays so. @param {any} root @param {Path} path @param {any[]} list */
export function writeList(root, path, list) {
  const was = read(root, path);
  const keep = path[path.length - 2] === "keys"; // a key of a menu stays there although nothing follows it yet
  if (!list.length && path.length) return write(root, path, keep ? [] : undefined);
  return write(root, path, list.length === 1 && path.length && !Array.isArray(was) && was !== undefined ? list[0] : list);
}

/** How the engine names a place of a file in a fault. @param {any} root @param {string} name @param {Path} path */
export function keyName(root, name, path) {
  let out = name;
  let v = root;
  for (const k of path) {
    if (typeof k === "number") {
      if (Array.isArray(v)) out += `[${k}]`;
      v = Array.isArray(v) ? v[k] : v;
    } else {
      out += "." + k;
      v = v?.[k];
    }
  }
  return out;
}

/**
 * The rows of a list of steps, from above to below.
 * @param {any} root @param {Path} path of the list @param {number} depth
 * @returns {{ type: "step" | "way", path: Path, depth: number, step?: any, way?: Way, list: Path, index: number, count: number }[]}
 */
export function rowsOf(root, path, depth) {
  /** @type {any[]} */
  const out = [];
  const list = listOf(read(root, path));
  list.forEach((step, index) => {
    const at = [...path, index];
    out.push({ type: "step", path: at, depth, step, list: path, index, count: list.length });
    for (const way of waysOf(step, at)) {
      const inside = listOf(read(root, way.path));
      if (inside.length === 1 && !waysOf(inside[0], []).length) {
        out.push({ type: "step", path: [...way.path, 0], depth: depth + 1, way, step: inside[0], list: way.path, index: 0, count: 1 }); // both on one line
        continue;
      }
      out.push({ type: "way", path: way.path, depth: depth + 1, way, list: way.path, index: -1, count: inside.length });
      out.push(...rowsOf(root, way.path, depth + 2));
    }
  });
  return out;
}

/** Every step within a value, wherever it stands, with its path. @param {any} v @param {Path} [at] @returns {{ path: Path, step: any }[]} */
export function allSteps(v, at = []) {
  if (typeof v !== "object" || v === null) return [];
  return Object.entries(v).flatMap(([k, x]) => {
    const path = [...at, Array.isArray(v) ? Number(k) : k];
    const here = Array.isArray(v) && stepFields[kindOf(x)] ? [{ path, step: x }] : [];
    const single = !Array.isArray(v) && (at[at.length - 1] === "keys" || wayWords.includes(k)) && !Array.isArray(x) && stepFields[kindOf(x)] ? [{ path: [...path, 0], step: x }] : [];
    return [...here, ...single, ...allSteps(x, single.length ? [...path, 0] : path)];
  });
}

/** Every step of a list, with those within. @param {any} steps @param {(step: any) => void} visit */
export function walk(steps, visit) {
  for (const row of rowsOf(steps, [], 0)) if (row.type === "step") visit(row.step);
}
