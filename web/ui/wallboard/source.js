// The board of this page: its parts as the engine sends them, and the clocks that run on them.
import { signal } from "../shared/lib.js";
import { view, now, told } from "../shared/live.js";

/** What a board shows, by the names of its parts. @typedef {Record<string, any>} Parts */

/** Which pages of the board are turned by hand, and since when (engine's ms). */
export const turned = signal({ page: 0, at: 0 });

/** @param {{ n: number, at: number, full?: boolean, set?: Parts, gone?: string[] }} m */
function take(m) {
  told(m.at);
  if (!m.full && !m.set && !m.gone) return;
  const parts = { ...(m.full ? {} : view.value), ...m.set };
  for (const key of m.gone ?? []) delete parts[key];
  view.value = parts;
}

/** @param {string} name */
export const sourceOf = (name) => ({ path: `/boards/${encodeURIComponent(name)}/stream`, on: { board: take } });

const HAND = 60_000; // a page turned by hand stands so long

/** The page that stands now: turned by the engine's clock, so that all screens turn at once. @param {any} board */
export function pageOf(board) {
  const pages = board.pages.length;
  if (!board.turn_s || now.value - turned.value.at < HAND) return Math.min(turned.value.page, pages - 1);
  return Math.floor(now.value / 1000 / board.turn_s) % pages;
}

/** @param {any} board @param {number} by */
export function turn(board, by) {
  const pages = board.pages.length;
  turned.value = { page: (pageOf(board) + by + pages) % pages, at: now.value };
}
