// The page of a board as it will look, to be moved and sized with the mouse and by keyboard.
import { html, signal } from "../shared/lib.js";
import { t, code } from "../shared/text.js";
import { Tile, place, classOf, COLUMNS, ROWS } from "../wallboard/tiles.js";
import { draft, page, chosen, figures, tiles, put, remove, clashes, held, readOnly } from "./model.js";

/** A tile on its way with the mouse. @type {import("../shared/lib.js").Signal<{ i: number, x: number, y: number, w: number, h: number } | null>} */
const moving = signal(null);

/** @type {Record<string, [number, number]>} */
const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** Arrows move a tile, with Shift they size it. @param {KeyboardEvent} e @param {number} i */
function key(e, i) {
  const tile = tiles()[i];
  const step = steps[e.key];
  if (step && !e.ctrlKey && !e.metaKey && !e.altKey) {
    e.preventDefault();
    put(i, e.shiftKey ? { w: tile.w + step[0], h: tile.h + step[1] } : { x: tile.x + step[0], y: tile.y + step[1] });
  } else if ((e.key === "Delete" || e.key === "Backspace") && !readOnly.value) {
    e.preventDefault();
    remove(i);
    /** @type {HTMLElement | null} */ (document.querySelector(`.etile[data-i="${Math.min(i, tiles().length - 1)}"]`) ?? document.querySelector(".palette button"))?.focus();
  } else if (e.key === "Enter") {
    e.preventDefault();
    /** @type {HTMLElement | null} */ (document.querySelector("#tile-title"))?.focus();
  }
}

/**
 * Follows the mouse from where it went down until it comes up; the step counts once.
 * @param {PointerEvent} e @param {number} i @param {boolean} size
 */
function drag(e, i, size) {
  chosen.value = i;
  if (e.button !== 0 || readOnly.value) return;
  const target = /** @type {HTMLElement} */ (e.currentTarget);
  const box = /** @type {HTMLElement} */ (target.closest(".grid")).getBoundingClientRect();
  const from = tiles()[i];
  target.setPointerCapture(e.pointerId);
  e.stopPropagation();
  const follow = (/** @type {PointerEvent} */ to) => {
    const dx = Math.round(((to.clientX - e.clientX) / box.width) * COLUMNS);
    const dy = Math.round(((to.clientY - e.clientY) / box.height) * ROWS);
    const next = held(size ? { ...from, w: from.w + dx, h: from.h + dy } : { ...from, x: from.x + dx, y: from.y + dy });
    moving.value = { i, x: next.x, y: next.y, w: next.w, h: next.h };
  };
  const end = () => {
    target.removeEventListener("pointermove", follow);
    const m = moving.value;
    moving.value = null;
    if (m && target.isConnected) put(i, { x: m.x, y: m.y, w: m.w, h: m.h });
  };
  target.addEventListener("pointermove", follow);
  target.addEventListener("pointerup", end, { once: true });
  target.addEventListener("pointercancel", () => (moving.value = null), { once: true });
}

/** Where a tile stands, in words. @param {any} tile */
export const whereOf = (tile) => t("boards.where", { tile: tile.title || code("tile", tile.kind), x: tile.x + 1, y: tile.y + 1, w: tile.w, h: tile.h });

/** @param {{ width: number }} p */
export const Canvas = ({ width }) => {
  const board = draft.value;
  const m = moving.value;
  const all = tiles().map((tile, i) => (m?.i === i ? { ...tile, ...m } : tile));
  const clash = clashes(all);
  const parts = figures.value;
  const groups = parts?.board.pages[page.value]?.tiles ?? [];
  return html`<div class="canvas" role="group" aria-label=${t("boards.page", { n: page.value + 1 })} data-theme=${board?.theme === "light" ? "light" : "wall"} style=${{ width: `${width}px`, "--px": `${width / 1920}px` }}>
    <div class="grid">
      ${all.map((tile, i) => html`<div key=${i} data-i=${i} class=${`etile ${i === chosen.value ? "on" : ""} ${clash.has(i) ? "clash" : ""}`} style=${place(tile)}
        tabindex="0" role="application" aria-current=${i === chosen.value} aria-label=${whereOf(tile) + (clash.has(i) ? `, ${t("boards.clash")}` : "")}
        onFocus=${() => (chosen.value = i)} onKeyDown=${(/** @type {KeyboardEvent} */ e) => key(e, i)} onPointerDown=${(/** @type {PointerEvent} */ e) => drag(e, i, false)}>
        <div class=${classOf(tile)} aria-hidden="true" inert>${parts && groups[i]?.kind === tile.kind
          ? html`<${Tile} tile=${{ ...tile, group: groups[i].group ?? 0 }} parts=${{ ...parts, board }} all=${all} />`
          : html`<span class="nothing">${code("tile", tile.kind)}</span>`}</div>
        ${!readOnly.value && html`<i class="handle" aria-hidden="true" onPointerDown=${(/** @type {PointerEvent} */ e) => drag(e, i, true)}></i>`}
      </div>`)}
    </div>
  </div>`;
};
