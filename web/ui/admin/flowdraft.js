// What is being changed of the dialogues and the queues' rules: the drafts, the way back, and what the engine says to them.
import { signal, computed, effect } from "../shared/lib.js";
import { api } from "../shared/api.js";
import { inForce, proposal, propose, drop, said } from "./file.js";
import { read, write, writeList, listOf, keyName, bodyOf, allSteps, wayWords } from "./steps.js";
import { patch } from "./rules.js";

/** @typedef {import("./steps.js").Path} Path */

const REST = 500; // after the last change the engine is asked
const MOST = 200; // steps back

/** Values by document ("flows/main", "queues/claims"); null: taken away. @type {import("../shared/lib.js").Signal<Record<string, any>>} */
export const drafts = signal({});
/** What stood in force when a document was first changed. @type {Record<string, any>} */
let were = {};
/** @type {{ drafts: Record<string, any>, at: Path, doc: string }[]} */
let before = [];
/** @type {{ drafts: Record<string, any>, at: Path, doc: string }[]} */
let after = [];
/** The document in sight, and the row of it that is chosen. */
export const doc = signal("");
/** @type {import("../shared/lib.js").Signal<Path>} */
export const chosen = signal([]);
export const canGo = signal({ back: false, forth: false });
/** The step that was copied. @type {import("../shared/lib.js").Signal<any>} */
export const copied = signal(null);
/** What was typed last and when, so that a word is one step back. */
let last = { what: "", at: 0 };

/** What a document is in force. @param {string} id @param {any} file */
function stands(id, file) {
  const [part, name] = cut(id);
  return part === "flows" ? file.flows?.[name] : (file.queues ?? []).find((/** @type {any} */ q) => String(q.id) === name);
}

/** @param {string} id */
const cut = (id) => [id.slice(0, id.indexOf("/")), id.slice(id.indexOf("/") + 1)];

/** What a document is now. @param {string} id */
export const current = (id) => (id in drafts.value ? drafts.value[id] : stands(id, inForce.value.file));
export const root = computed(() => current(doc.value));

/** All dialogues as they are now. @returns {Record<string, any>} */
export function dialogues() {
  const all = { ...(inForce.value.file.flows ?? {}) };
  for (const [id, v] of Object.entries(drafts.value)) {
    const [part, name] = cut(id);
    if (part !== "flows") continue;
    if (v === null) delete all[name];
    else all[name] = v;
  }
  return all;
}

/** The file with the drafts, for lists to choose from. */
export const file = computed(() => ({ ...inForce.value.file, flows: dialogues() }));

/** The edits that the drafts ask for. */
export function edits() {
  return Object.entries(drafts.value).flatMap(([id, now]) => {
    const path = cut(id);
    const was = stands(id, inForce.value.file);
    if (now === null) return was === undefined ? [] : [{ path, value: null }];
    const value = path[0] === "flows" ? (JSON.stringify(was) === JSON.stringify(now) ? undefined : now) : patch(was, now);
    return value === undefined ? [] : [{ path, value }];
  });
}

/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

/** Asks the engine what it thinks of the drafts. */
export async function look() {
  clearTimeout(timer);
  const all = edits();
  if (!all.length) return drop();
  const answer = await propose(all, "flows", { go: fault, back: forget });
  if (answer || !said.value.bad) return;
  const fresh = await api("/centre/source").catch(() => undefined);
  if (!fresh || fresh.sha256 === inForce.value.sha256) return;
  inForce.value = fresh; // somebody else has published: what they did not touch is kept
  if (edits().length) await propose(edits(), "flows", { go: fault, back: forget });
}

/** @param {Record<string, any>} next */
function take(next) {
  drafts.value = next;
  canGo.value = { back: before.length > 0, forth: after.length > 0 };
  clearTimeout(timer);
  if (proposal.value) proposal.value = { ...proposal.value, stale: true };
  timer = setTimeout(look, REST);
}

/**
 * Makes a document another value. @param {string} id @param {any} value @param {string} [what] changes of the same within a second are one
 */
export function change(id, value, what = "") {
  const one = what !== "" && last.what === id + what && Date.now() - last.at < 1000;
  last = { what: id + what, at: Date.now() };
  if (!one) before = [...before.slice(-MOST), { drafts: drafts.value, at: chosen.value, doc: doc.value }];
  after = [];
  if (!(id in were)) were[id] = stands(id, inForce.value.file);
  take({ ...drafts.value, [id]: value });
}

/** @param {boolean} forth */
export function undo(forth) {
  const [from, to] = forth ? [after, before] : [before, after];
  const state = from.pop();
  if (!state) return;
  to.push({ drafts: drafts.value, at: chosen.value, doc: doc.value });
  last = { what: "", at: 0 };
  take(state.drafts);
  doc.value = state.doc;
  chosen.value = state.at;
}

/** Takes back everything. */
export function forget() {
  clearTimeout(timer);
  before = after = [];
  were = {};
  drafts.value = {};
  canGo.value = { back: false, forth: false };
  drop();
}

/** Another file came in force: what it did not touch goes on being changed. */
effect(() => {
  const now = inForce.value.file;
  const kept = Object.entries(drafts.peek()).filter(([id, v]) => {
    const there = stands(id, now);
    return JSON.stringify(there) === JSON.stringify(were[id]) && JSON.stringify(there ?? null) !== JSON.stringify(v);
  });
  if (kept.length === Object.keys(drafts.peek()).length) return;
  before = after = [];
  were = Object.fromEntries(kept.map(([id]) => [id, were[id]]));
  drafts.value = Object.fromEntries(kept);
  canGo.value = { back: false, forth: false };
});

/** Puts steps into a list of the document in sight. @param {Path} list @param {number} index @param {any[]} steps */
export function insert(list, index, ...steps) {
  const all = [...listOf(read(root.value, list))];
  all.splice(index, 0, ...steps);
  change(doc.value, writeList(root.value, list, all));
  chosen.value = [...list, index];
}

/** Takes the step at a path away. @param {Path} path */
export function remove(path) {
  const list = path.slice(0, -1);
  const index = Number(path[path.length - 1]);
  const all = listOf(read(root.value, list)).filter((_, i) => i !== index);
  change(doc.value, writeList(root.value, list, all));
  chosen.value = all.length ? [...list, Math.min(index, all.length - 1)] : list;
}

/** Moves the step at a path by so many places in its list. @param {Path} path @param {number} by */
export function shift(path, by) {
  const list = path.slice(0, -1);
  const index = Number(path[path.length - 1]);
  const all = [...listOf(read(root.value, list))];
  if (index + by < 0 || index + by >= all.length) return;
  all.splice(index + by, 0, ...all.splice(index, 1));
  change(doc.value, writeList(root.value, list, all));
  chosen.value = [...list, index + by];
}

/** The value without one thing in it, which is known by itself and not by its place. @param {any} v @param {any} gone @param {string} key @returns {any} */
function without(v, gone, key) {
  if (Array.isArray(v)) {
    const left = v.filter((x) => x !== gone).map((x) => without(x, gone, ""));
    return left.length || key === "keys" || key === "" ? left : undefined;
  }
  if (typeof v !== "object" || v === null) return v;
  const all = Object.entries(v).map(([k, x]) => [k, x === gone ? (key === "keys" ? [] : undefined) : without(x, gone, key === "keys" ? "keys" : k)]);
  return Object.fromEntries(all.filter(([, x]) => x !== undefined));
}

/** Moves the step at a path into a list, before the member at index; not into itself. @param {Path} path @param {Path} list @param {number} index */
export function carry(path, list, index) {
  if (path.every((k, i) => String(list[i]) === String(k))) return;
  const step = read(root.value, path);
  const moved = typeof step === "string" ? { [step]: {} } : { ...step };
  const mark = {};
  let next = write(root.value, path, mark);
  const all = [...listOf(read(next, list))];
  all.splice(index, 0, moved);
  next = without(writeList(next, list, all), mark, "");
  change(doc.value, next);
  /** @type {(v: any, at: Path) => Path | undefined} */
  const where = (v, at) => {
    /** @type {Path | undefined} */
    let found = v === moved ? at : undefined;
    if (!found && typeof v === "object" && v !== null) for (const [k, x] of Object.entries(v)) found ??= where(x, [...at, Array.isArray(v) ? Number(k) : k]);
    return found;
  };
  chosen.value = where(next, []) ?? [];
}

/** Faults of the document in sight, with where. */
export const faults = computed(() => (proposal.value?.from === "flows" ? proposal.value.answer.faults : []));

/** The name by which faults call a document. @param {string} id */
function named(id) {
  const [part, name] = cut(id);
  return part === "flows" ? "flows." + name : `queues[${(inForce.value.file.queues ?? []).findIndex((/** @type {any} */ q) => String(q.id) === name)}]`;
}

/** Whether a fault that names only the document is about a step: what is missing is what the step names. @param {any} f @param {string} id @param {any} step */
function about(f, id, step) {
  if (f.key !== id.replace("/", ".") && !f.key.startsWith(id.replace("/", ".") + ".")) return false;
  const b = bodyOf(step);
  return [typeof b === "string" ? b : "", b.prompt, b.trunk].some((name) => name && f.problem.includes(`"${name}"`)) && !/\[\d+\]/.test(f.key);
}

/** Faults at a path of the document in sight; those that belong to one of the paths within are theirs. @param {Path} path @param {Path[]} within */
export function faultsAt(path, within) {
  const is = (/** @type {string} */ key, /** @type {string} */ name) => key === name || key.startsWith(name + ".") || key.startsWith(name + "[");
  const own = keyName(root.value, named(doc.value), path);
  const inner = within.map((p) => keyName(root.value, named(doc.value), p));
  const step = typeof path[path.length - 1] === "number" ? read(root.value, path) : undefined;
  return faults.value.filter((/** @type {any} */ f) => (step !== undefined && about(f, doc.value, step)) || (is(f.key, own) && !inner.some((n) => is(f.key, n) && n !== own)));
}

/** Goes to the place of a fault. @param {any} f */
export function fault(f) {
  for (const id of Object.keys(drafts.value)) {
    const name = named(id);
    const missing = allSteps(current(id)).find((s) => about(f, id, s.step));
    if (!missing && f.key !== name && !f.key.startsWith(name + ".") && !f.key.startsWith(name + "[")) continue;
    doc.value = id;
    chosen.value = missing?.path ?? deepest(current(id), name, f.key);
    location.hash = "flows/" + id;
    queueMicrotask(() => /** @type {HTMLElement | null} */ (document.querySelector(".tree [aria-selected=true]"))?.focus());
  }
}

/** The last step on the way to a key. @param {any} value @param {string} name @param {string} key @returns {Path} */
function deepest(value, name, key) {
  /** @type {Path} */
  let best = [];
  let at = /** @type {Path} */ ([]);
  for (const part of key.slice(name.length).match(/\[\d+\]|[^.[\]]+/g) ?? []) {
    if (part.startsWith("[")) at = [...at, Number(part.slice(1, -1))];
    else {
      const v = read(value, at);
      const single = at.length && !Array.isArray(v) && typeof v === "object" && wayWords.includes(String(at[at.length - 1]));
      const wrapped = single || (at[at.length - 2] === "keys" && typeof v === "object");
      at = wrapped && !Array.isArray(v) ? [...at, 0, part] : [...at, part];
    }
    if (typeof at[at.length - 1] === "number") best = at;
    else if (typeof at[at.length - 2] === "number") best = at.slice(0, -1);
  }
  return best;
}
