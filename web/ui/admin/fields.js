// What the forms know of each part of the centre: its fields, and how a value is shown, read and compared.

/**
 * @typedef {{ key: string, type?: "text" | "id" | "number" | "bool" | "choice" | "levels" | "lines" | "secret" | "ref" | "refs" | "fraction" | "pairs" | "days", of?: string, choices?: string[], column?: boolean, wide?: boolean, usual?: string, rows?: boolean }} Field
 */

const strategies = ["longest_idle", "least_occupied", "least_talk", "fewest_calls", "round_robin", "linear", "random", "ring_all", "least_flexible", "weighted", "progressive"];
const name = /** @type {Field} */ ({ key: "name", column: true });
const id = /** @type {Field} */ ({ key: "id", type: "id", column: true });

/** @type {Record<string, Field[]>} */
export const fields = {
  agents: [
    id,
    name,
    { key: "team", type: "ref", of: "teams", column: true },
    { key: "skills", type: "levels", column: true, wide: true },
    { key: "queues", type: "levels", wide: true },
    { key: "password", type: "secret" },
    { key: "weight", type: "number" },
    { key: "phones", type: "choice", choices: ["many", "one"] },
  ],
  teams: [id, name],
  queues: [
    id,
    name,
    { key: "needs", column: true, wide: true },
    { key: "strategy", type: "choice", choices: strategies, column: true },
    { key: "priority", type: "number", column: true },
    { key: "target.within", column: true },
    { key: "target.ratio", type: "fraction", column: true },
    { key: "ring_timeout", column: true },
    { key: "wrap_up.mode", type: "choice", choices: ["none", "timed", "manual"] },
    { key: "wrap_up.after" },
    { key: "wrap_up.codes", type: "choice", choices: ["optional", "required"] },
    { key: "wrap_up.extend" },
    { key: "wrap_up.extends", type: "number" },
    { key: "max_wait.after" },
    { key: "max_waiting.count", type: "number" },
    { key: "short_abandon" },
    { key: "service_level.abandons", type: "choice", choices: ["all", "after_T", "exclude_short", "none"] },
    { key: "service_level.flowouts", type: "choice", choices: ["include", "exclude"] },
    { key: "service_level.blocked", type: "choice", choices: ["exclude", "include"] },
    { key: "service_level.positive", type: "bool" },
    { key: "service_level.wait_clock", type: "choice", choices: ["enqueue", "request", "first_request"] },
    { key: "closing.hours", type: "ref", of: "hours" },
    { key: "announce.position", type: "bool" },
    { key: "announce.wait", type: "bool" },
    { key: "announce.every" },
    { key: "say_agent_number", type: "bool" },
    { key: "record", type: "choice", choices: ["always", "never"] },
    { key: "language", type: "choice", choices: ["zh-CN", "en-US"] },
    { key: "music" },
    { key: "screen_pop", wide: true },
  ],
  not_ready_reasons: [id, name, { key: "allowance", column: true }, { key: "max_at_once", type: "number", column: true }, { key: "approve", type: "bool", column: true }],
  wrap_up_codes: [id, name],
  numbers: [
    { key: "id", type: "id", column: true },
    { key: "flow", type: "ref", of: "flows", column: true },
  ],
  hours: [
    id,
    { key: "open", type: "lines", rows: true, column: true, wide: true, usual: "mon-fri 09:00-12:00,13:30-18:00" },
    { key: "closed", type: "lines", rows: true, column: true, wide: true, usual: "2026-10-01..2026-10-07" },
    { key: "also", type: "lines", rows: true, wide: true, usual: "2026-10-10 09:00-18:00" },
  ],
  desks: [id, name, { key: "password", type: "secret" }],
  switches: [id, name],
  shifts: [
    { key: "agent", type: "ref", of: "agents", column: true },
    { key: "days", type: "days", column: true, wide: true },
    { key: "from", column: true, usual: "08:30" },
    { key: "to", column: true, usual: "17:00" },
    { key: "relief", type: "ref", of: "agents", column: true },
  ],
  tables: [id],
  entries: [
    { key: "number", type: "id", column: true },
    { ...name, column: true },
    { key: "priority", type: "number", column: true },
    { key: "agent", type: "ref", of: "agents", column: true },
    { key: "until", column: true, usual: "2027-12-31" },
    { key: "then", type: "choice", choices: ["reject"], column: true },
    { key: "attrs", type: "pairs", wide: true, usual: "line = vip; city = Wuhan" },
    { key: "reason", wide: true },
  ],
};

const week = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/** The days of "mon-fri,sun". @param {string} text */
export function daysOf(text) {
  const on = week.map(() => false);
  for (const part of text.toLowerCase().split(",")) {
    const [from, to] = part.trim().split("-").map((d) => week.indexOf(d));
    if (from < 0 || to === -1) continue;
    for (let d = from; ; d = (d + 1) % 7) {
      on[d] = true;
      if (d === (to ?? from)) break;
    }
  }
  return on;
}

/** Days as the file writes them: runs with a dash. @param {boolean[]} on */
export function daysText(on) {
  /** @type {string[]} */
  const runs = [];
  for (let d = 0; d < 7; d++) {
    if (!on[d]) continue;
    let last = d;
    while (last < 6 && on[last + 1]) last++;
    runs.push(last === d ? week[d] : last === d + 1 ? `${week[d]},${week[last]}` : `${week[d]}-${week[last]}`);
    d = last;
  }
  return runs.join(",");
}

/** The value at a dotted key. @param {any} m @param {string} key */
export const at = (m, key) => key.split(".").reduce((v, k) => v?.[k], m);

/** A value as a form shows it. @param {Field} f @param {any} v @returns {string} */
export function shown(f, v) {
  if (v === undefined || v === null) return "";
  if (f.type === "levels") return Object.entries(v).map(([s, n]) => `${s} ${n}`).join("; ");
  if (f.type === "lines") return (Array.isArray(v) ? v : [v]).join("\n");
  if (f.type === "secret") return "";
  if (f.type === "pairs") return Object.entries(v).map(([k, x]) => `${k} = ${x}`).join("; ");
  return typeof v === "object" ? JSON.stringify(v) : String(v);
}

/**
 * What a form's text means, as a merge (RFC 7396) into what is there; undefined: nothing changes.
 * @param {Field} f @param {string} text @param {any} was
 */
export function meant(f, text, was) {
  text = f.type === "lines" ? text : text.trim();
  if (f.type === "secret") return text || undefined;
  if (text === shown(f, was)) return undefined;
  if (text === "" && f.type !== "levels") return null;
  switch (f.type) {
    case "number":
    case "fraction":
      return Number.isFinite(Number(text)) ? Number(text) : text;
    case "bool":
      return text === "true";
    case "lines":
      return text.split("\n").map((l) => l.trim()).filter(Boolean);
    case "pairs": {
      /** @type {Record<string, any>} */
      const all = Object.fromEntries(Object.keys(was ?? {}).map((k) => [k, null]));
      for (const part of text.split(/[;\n\uff1b]/)) {
        const [k, ...v] = part.split("=");
        if (k.trim()) all[k.trim()] = v.join("=").trim();
      }
      return all;
    }
    case "levels": {
      /** @type {Record<string, any>} */
      const all = Object.fromEntries(Object.keys(was ?? {}).map((k) => [k, null]));
      for (const part of text.split(/[;,\n\uff0c\uff1b\u3001]/)) {
        const m = part.trim().match(/^(\S+?)\s*[\s=:]\s*(\S+)$/);
        if (m) all[m[1]] = Number.isInteger(Number(m[2])) ? Number(m[2]) : m[2];
        else if (part.trim()) all[part.trim()] = ""; // a fault that the engine names
      }
      return all;
    }
  }
  return text;
}

/**
 * The members of a part as rows: what they are called, where they stand, and what they hold.
 * @param {string} kind @param {any} file @returns {{ id: string, path: string[], depth: number, value: any, label?: string, kind?: string }[]}
 */
export function members(kind, file) {
  const part = file[kind];
  if (kind === "numbers") return Object.entries(part ?? {}).map(([n, flow]) => ({ id: n, path: [kind, n], depth: 0, value: { id: n, flow } }));
  if (kind === "shifts") {
    const names = new Map((file.agents ?? []).map((/** @type {any} */ a) => [String(a.id), a.name]));
    return (part ?? []).map((/** @type {any} */ s, /** @type {number} */ i) => ({ id: String(i), path: [kind, String(i)], depth: 0, value: s, label: `${names.get(String(s.agent)) ?? ""} ${s.agent}`.trim() }));
  }
  /** @type {any[]} */
  const rows = [];
  const walk = (/** @type {any[]} */ list, /** @type {string[]} */ path, /** @type {number} */ depth) => {
    for (const m of list ?? []) {
      const id = String(m.id);
      rows.push({ id, path: [...path, id], depth, value: m });
      if (kind === "tables") for (const e of m.entries ?? []) rows.push({ id: String(e.number), path: [...path, id, "entries", String(e.number)], depth: depth + 1, value: e, kind: "entries" });
      if (Array.isArray(m.codes)) walk(m.codes, [...path, id, "codes"], depth + 1);
    }
  };
  walk(part, [kind], 0);
  return rows;
}

/** Ids that a reference may name. @param {string} of @param {any} file @returns {[string, string][]} */
export const refs = (of, file) =>
  of === "flows" ? Object.keys(file.flows ?? {}).map((k) => [k, k]) : (file[of] ?? []).map((/** @type {any} */ m) => [String(m.id), m.name ? `${m.name} ${m.id}` : String(m.id)]);
