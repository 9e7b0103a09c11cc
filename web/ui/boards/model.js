// The board that is being built, and what was done to it.
import { signal, computed, batch } from "../shared/lib.js";
import { api, Problem } from "../shared/api.js";
import { t, code } from "../shared/text.js";

/** @typedef {{ kind: string, x: number, y: number, w: number, h: number, title?: string, text?: string, team?: string, queues?: string[] }} Tile */
/** @typedef {{ name: string, version: number, title?: string, team?: string, queues?: string[], turn_s?: number, theme?: string, language?: string, names?: boolean, sound?: boolean, pages: { title?: string, tiles: Tile[] }[], may_edit?: boolean }} Board */

/** All boards and what they can be built from. @type {import("../shared/lib.js").Signal<any>} */
export const known = signal(null);
/** The board as it stands here. @type {import("../shared/lib.js").Signal<Board | null>} */
export const draft = signal(null);
/** Its page that is shown. */
export const page = signal(0);
/** The tile that is chosen; -1: none. */
export const chosen = signal(-1);
/** Figures for the draft. @type {import("../shared/lib.js").Signal<Record<string, any> | null>} */
export const figures = signal(null);
/** What is said of the last act. @type {import("../shared/lib.js").Signal<{ text: string, bad: boolean } | null>} */
export const said = signal(null);
export const busy = signal(false);

/** As it is kept: to tell whether something has changed. */
const kept = signal("");
/** @type {import("../shared/lib.js").Signal<string[]>} */
const done = signal([]);
/** @type {import("../shared/lib.js").Signal<string[]>} */
const undone = signal([]);

export const changed = computed(() => draft.value !== null && JSON.stringify(draft.value) !== kept.value);
export const canUndo = computed(() => done.value.length > 0);
export const canRedo = computed(() => undone.value.length > 0);
export const readOnly = computed(() => draft.value?.may_edit === false);

const MOST = 200; // steps that can be undone

/** Changes the draft; the step can be undone. @param {(b: Board) => void} how */
export function change(how) {
  if (!draft.value || readOnly.value) return;
  const before = JSON.stringify(draft.value);
  const next = JSON.parse(before);
  how(next);
  if (JSON.stringify(next) === before) return;
  batch(() => {
    done.value = [...done.value.slice(1 - MOST), before];
    undone.value = [];
    draft.value = next;
    said.value = null;
  });
}

/** @param {import("../shared/lib.js").Signal<string[]>} from @param {import("../shared/lib.js").Signal<string[]>} to */
function swap(from, to) {
  const last = from.value.at(-1);
  if (last === undefined) return;
  batch(() => {
    to.value = [...to.value, JSON.stringify(draft.value)];
    from.value = from.value.slice(0, -1);
    draft.value = { ...JSON.parse(last), version: draft.value?.version };
    page.value = Math.min(page.value, (draft.value?.pages.length ?? 1) - 1);
    if (chosen.value >= tiles().length) chosen.value = -1;
  });
}

export const undo = () => swap(done, undone);
export const redo = () => swap(undone, done);

/** The tiles of the page that is shown. @returns {Tile[]} */
export const tiles = () => draft.value?.pages[page.value]?.tiles ?? [];

/** @param {string} kind */
export const kindOf = (kind) => known.value.kinds.find((/** @type {any} */ k) => k.kind === kind);
export const grid = () => known.value.grid;

/** @param {Tile} a @param {Tile} b */
const meet = (a, b) => a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;

/** Which tiles stand on another. @param {Tile[]} all */
export const clashes = (all) => new Set(all.flatMap((a, i) => (all.some((b, j) => i !== j && meet(a, b)) ? [i] : [])));

/** A tile kept on the page and no smaller than its kind can be. @param {Tile} tile */
export function held(tile) {
  const k = kindOf(tile.kind);
  const { columns, rows } = grid();
  const w = Math.max(k.min_w, Math.min(tile.w, columns));
  const h = Math.max(k.min_h, Math.min(tile.h, rows));
  return { ...tile, w, h, x: Math.max(0, Math.min(tile.x, columns - w)), y: Math.max(0, Math.min(tile.y, rows - h)) };
}

/** Sets a tile's place or size. @param {number} i @param {Partial<Tile>} to */
export const put = (i, to) => change((b) => {
  const all = b.pages[page.value].tiles;
  all[i] = held({ ...all[i], ...to });
});

/** The first place of the page where a tile has room. @param {number} w @param {number} h */
function room(w, h) {
  const { columns, rows } = grid();
  for (let y = 0; y + h <= rows; y++)
    for (let x = 0; x + w <= columns; x++) if (!tiles().some((b) => meet({ kind: "", x, y, w, h }, b))) return { x, y };
  return null;
}

/** Puts a new tile where there is room, at its own size or the least. @param {string} kind */
export function add(kind) {
  const k = kindOf(kind);
  const sizes = [[k.w, k.h], [k.min_w, k.h], [k.w, k.min_h], [k.min_w, k.min_h]];
  for (const [w, h] of sizes) {
    const at = room(w, h);
    if (!at) continue;
    change((b) => b.pages[page.value].tiles.push({ kind, ...at, w, h }));
    chosen.value = tiles().length - 1;
    return true;
  }
  said.value = { text: t("boards.noRoom", { tile: code("tile", kind) }), bad: true };
  return false;
}

/** @param {number} i */
export function remove(i) {
  change((b) => b.pages[page.value].tiles.splice(i, 1));
  chosen.value = -1;
}

/** Begins with a board. @param {Board} b @param {boolean} fresh  nobody has kept it yet */
function begin(b, fresh) {
  batch(() => {
    draft.value = b;
    kept.value = fresh ? "" : JSON.stringify(b);
    done.value = undone.value = [];
    page.value = 0;
    chosen.value = -1;
    figures.value = null;
    said.value = null;
  });
}

/** Reads all boards anew, and opens one. @param {string} [name] */
export async function load(name) {
  known.value = await api("/boards");
  const all = known.value.items;
  const one = all.find((/** @type {Board} */ b) => b.name === (name ?? draft.value?.name)) ?? all[0];
  begin(structuredClone(one), false);
}

/** A new board, empty or as the one that is open. @param {boolean} copy */
export function create(copy) {
  const taken = new Set(known.value.items.map((/** @type {Board} */ b) => b.name));
  let n = 1;
  while (taken.has("screen-" + n)) n++;
  const from = copy && draft.value ? structuredClone(draft.value) : { pages: [{ tiles: [] }] };
  begin({ ...from, name: "screen-" + n, version: 0, may_edit: true }, true);
}

/** @param {() => Promise<void>} what */
async function attempt(what) {
  busy.value = true;
  try {
    await what();
  } catch (e) {
    said.value = { text: (e instanceof Problem && e.message) || t("error.unreachable"), bad: true };
  }
  busy.value = false;
}

/** What the engine keeps of a board. @param {Board} b */
function body(b) {
  const { may_edit: _, ...rest } = /** @type {any} */ (b);
  delete rest.updated;
  delete rest.by;
  return rest;
}

export const save = () => attempt(async () => {
  const b = draft.value;
  if (!b) return;
  const stored = await api("/boards/" + encodeURIComponent(b.name), { method: "PUT", body: body(b) });
  known.value = await api("/boards");
  batch(() => {
    draft.value = stored;
    kept.value = JSON.stringify(stored);
    said.value = { text: t("boards.saved"), bad: false };
  });
});

export const erase = () => attempt(async () => {
  const b = draft.value;
  if (!b) return;
  if (b.version > 0) await api(`/boards/${encodeURIComponent(b.name)}?version=${b.version}`, { method: "DELETE" });
  await load("main");
});

/** Fetches figures for the draft as it stands. */
export async function preview() {
  const b = draft.value;
  if (!b) return;
  const got = await api("/boards/preview", { body: body(b), stay: true }).catch(() => null);
  if (got && draft.value === b) figures.value = got.set;
}
