// A table of figures: sorted by its heads, each figure with its change, and only the rows in sight drawn when there are many.
import { html, Glyph } from "../shared/lib.js";
import { useEffect, useMemo, useRef, useState } from "../vendor/preact/hooks.module.js";
import { t, code } from "../shared/text.js";
import { num } from "../shared/format.js";
import { asked, ask } from "./source.js";
import { Figure, delta, comparing } from "./figure.js";
import { Fx } from "./formula.js";

/**
 * A column: what it is of a row, how it is written, what it counts. It is named by "col.<id>" unless it has a head. A column of
 * text has no unit and shows itself. formula is the figure's name among the definitions.
 * @typedef {{ id: string, head?: any, unit?: import("./figure.js").Unit, value?: (r: any) => number | string | null | undefined,
 *   show?: (r: any) => any, drill?: (r: any) => import("./figure.js").Drill | null, target?: (r: any) => number | undefined,
 *   parts?: (r: any) => { count: number, of: number } | undefined, formula?: string, strong?: boolean, width?: string }} Column
 */

const MANY = 120;
/** Rows that go on paper; who wants more takes a file. */
const PAPER = 2000;
const ROW = 25;

/** The rows in sight of a long table, and all of them on paper. @param {number} n @param {number} height */
function useSight(n, height) {
  const body = useRef(/** @type {HTMLElement | null} */ (null));
  const [sight, set] = useState({ from: 0, to: MANY });
  useEffect(() => {
    if (n <= MANY) return;
    const look = () => {
      const top = body.current ? -body.current.getBoundingClientRect().top : 0;
      const from = Math.max(0, Math.floor(top / height / 10) * 10 - 20);
      const to = Math.min(n, from + Math.ceil(innerHeight / height / 10) * 10 + 50);
      set((old) => (old.from === from && old.to === to ? old : { from, to }));
    };
    const all = () => set({ from: 0, to: Math.min(n, PAPER) });
    look();
    addEventListener("scroll", look, { passive: true });
    addEventListener("resize", look);
    addEventListener("beforeprint", all);
    addEventListener("afterprint", look);
    return () => {
      removeEventListener("scroll", look);
      removeEventListener("resize", look);
      removeEventListener("beforeprint", all);
      removeEventListener("afterprint", look);
    };
  }, [n, height]);
  return { body, from: n <= MANY ? 0 : Math.min(sight.from, n), to: n <= MANY ? n : Math.min(sight.to, n) };
}

/** @param {any} v */
const rank = (v) => (v === null || v === undefined ? -Infinity : v);

/** @param {any[]} rows @param {Column[]} columns @param {string} sort */
function sorted(rows, columns, sort) {
  const down = sort.startsWith("-");
  const c = columns.find((x) => x.id === (down ? sort.slice(1) : sort));
  if (!c?.value) return rows;
  const of = c.value;
  return [...rows].sort((a, b) => {
    const [x, y] = [rank(of(a)), rank(of(b))];
    const way = typeof x === "string" && typeof y === "string" ? x.localeCompare(y) : x < y ? -1 : x > y ? 1 : 0;
    return down ? -way : way;
  });
}

/** @param {{ c: Column, sort: string }} p */
const Head = ({ c, sort }) => {
  const on = sort === c.id || sort === "-" + c.id;
  const word = c.head ?? code("col", c.id);
  // Figures sort from the largest down first, names from the first up.
  const first = c.unit ? "-" + c.id : c.id;
  const next = sort === first ? (c.unit ? c.id : "-" + c.id) : first;
  return html`<th scope="col" class=${(c.unit ? "n" : "") + (on ? " by" : "")} aria-sort=${on ? (sort.startsWith("-") ? "descending" : "ascending") : undefined}>
    ${c.value ? html`<button class="hd" onClick=${() => ask({ sort: next })}>${word}${on && html`<span class="dir">${sort.startsWith("-") ? "↓" : "↑"}</span>`}</button>` : word}${(c.formula ?? c.unit) && html`<${Fx} id=${c.formula ?? c.id} />`}
  </th>`;
};

/** @param {{ c: Column, r: any, before: any }} p */
const Cell = ({ c, r, before }) => {
  if (!c.unit) return html`<td class="cut">${c.show?.(r)}</td>`;
  const v = /** @type {any} */ (c.value?.(r));
  const parts = c.parts?.(r);
  return html`<td class="n">${c.show ? c.show(r) : html`<${Figure} v=${v} unit=${c.unit} drill=${c.drill?.(r)} target=${c.target?.(r)} strong=${c.strong} />`}
    ${parts && html`<small>${parts.count}/${parts.of}</small>`}${comparing() && html`<small>${before === undefined ? "\u00a0" : delta(c.unit, v, /** @type {any} */ (before && c.value?.(before)))}</small>`}</td>`;
};

/**
 * @param {{ rows: any[], columns: Column[], id: (r: any) => string, total?: any, before?: (r: any) => any, cls?: (r: any) => string,
 *   label: string, totalName?: any, pick?: (r: any) => void, empty?: string }} p  before: the row of the earlier span, undefined while it is on its way
 */
export const Table = ({ rows, columns, id, total, before, cls, label, empty }) => {
  const sort = asked.value.more.sort ?? "";
  const order = useMemo(() => sorted(rows, columns, sort), [rows, columns, sort]);
  const lines = 1 + (columns.some((c) => c.parts) ? 1 : 0) + (comparing() ? 1 : 0);
  const height = ROW + (lines - 1) * 14;
  const { body, from, to } = useSight(order.length, height);
  if (!rows.length && empty) return html`<p class="m none">${empty}</p>`;
  const line = (/** @type {any} */ r, /** @type {string} */ c) => html`<tr class=${c}>${columns.map((col) => html`<${Cell} c=${col} r=${r} before=${before?.(r)} />`)}</tr>`;
  return html`<table class=${"fg lines" + lines} aria-label=${label} aria-rowcount=${order.length + 1}>
    <colgroup>${columns.map((c) => html`<col class=${c.width ?? ""} />`)}</colgroup>
    <thead><tr>${columns.map((c) => html`<${Head} key=${c.id} c=${c} sort=${sort} />`)}</tr></thead>
    ${total && html`<tbody class="total">${line(total, "total")}</tbody>`}
    <tbody ref=${body}>
      ${from > 0 && html`<tr class="gap" aria-hidden="true"><td colspan=${columns.length} style=${{ height: from * height + "px" }}></td></tr>`}
      ${order.slice(from, to).map((r) => html`<tr key=${id(r)} class=${cls?.(r) ?? ""}>${columns.map((col) => html`<${Cell} c=${col} r=${r} before=${before?.(r)} />`)}</tr>`)}
      ${to < order.length && html`<tr class="gap" aria-hidden="true"><td colspan=${columns.length} style=${{ height: (order.length - to) * height + "px" }}></td></tr>`}
    </tbody>
  </table>
  ${order.length > MANY && html`<p class="d none">${t("reports.rows", { n: num(order.length) })}${order.length > PAPER && html` <span class="onpaper">${t("reports.onPaper", { n: num(PAPER) })}</span>`}</p>`}`;
};

/** A choice among ways to show one thing, kept in the address. @param {{ field: string, kind: "rows" | "cols", options: string[], value: string }} p */
export const Ways = ({ field, kind, options, value }) => html`<span class="seg noprint">${options.map((o) => html`<button class=${"btn" + (o === value ? " on" : "")} aria-pressed=${o === value} onClick=${() => ask({ [field]: o === options[0] ? "" : o, sort: "" })}>${kind === "rows" ? code("rows", o) : code("cols", o)}</button>`)}</span>`;

/** A mark that something holds, or does not. @param {{ ok: boolean, word: string }} p */
export const Holds = ({ ok, word }) => html`<span class=${"sv " + (ok ? "d" : "crit")}><${Glyph} name=${ok ? "ok" : "crit"} />${word}</span>`;
