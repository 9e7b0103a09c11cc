// A figure as every table shows it: its digits, how it changed, and the contacts that it counts.
import { html, Glyph } from "../shared/lib.js";
import { t } from "../shared/text.js";
import { num, pct, dur, secs, grade, DASH } from "../shared/format.js";
import { ask, place, asked, span } from "./source.js";

/** How a figure is written: a count, a share, seconds of a mean, a duration. @typedef {"n" | "ratio" | "s" | "dur"} Unit */

/** @param {Unit} unit @param {number | null | undefined} v */
export function digits(unit, v) {
  if (v === null || v === undefined) return DASH;
  return unit === "ratio" ? pct(v) : unit === "s" ? secs(v) : unit === "dur" ? dur(v) : num(Math.round(v * 10) / 10);
}

/**
 * A change, with its sign: of shares in points. What is not there on one side is no change.
 * @param {Unit} unit @param {number | null | undefined} now @param {number | null | undefined} before
 */
export function delta(unit, now, before) {
  if (now === null || now === undefined || before === null || before === undefined) return DASH;
  const v = now - before;
  const size = Math.abs(v);
  const text = unit === "ratio" ? (size * 100).toFixed(1) : unit === "s" ? (size / 1000).toFixed(1) : unit === "dur" ? dur(size) : num(Math.round(size * 10) / 10);
  if (!/[1-9]/.test(text)) return unit === "dur" || unit === "n" ? "0" : "0.0";
  return (v > 0 ? "+" : "−") + text;
}

/**
 * What a figure counts: the figure's name in the API, and where it stands. Without a span that of the page. cell is where in its report
 * beside that, by the names of the API.
 * @typedef {{ figure: string, queue?: string, agent?: string, team?: string, from?: string, to?: string, order?: string, cell?: Record<string, string> }} Drill
 */

export const cellKeys = ["weekday", "minute", "slot", "came", "days", "reason", "code", "moment", "satisfied", "group", "id", "flow", "node", "to_node"];
export const drillKeys = ["drill", "d.queue", "d.agent", "d.team", "d.from", "d.to", "d.order", "skip", "before", ...cellKeys.map((k) => "d." + k)];

/** The parts of the address that open a figure's contacts. @param {Drill} d */
const opened = (d) => ({
  drill: d.figure, "d.queue": d.queue ?? "", "d.agent": d.agent ?? "", "d.team": d.team ?? "",
  "d.from": d.from && d.from !== span().from ? d.from : "", "d.to": d.to && d.to !== span().to ? d.to : "", "d.order": d.order ?? "",
  skip: "", before: "", ...Object.fromEntries(cellKeys.map((k) => ["d." + k, d.cell?.[k] ?? ""])),
});

/** Goes to a figure's contacts. @param {Drill} d */
export const drillTo = (d) => ask(opened(d));

/** @param {MouseEvent} e @param {Drill} d */
function open(e, d) {
  if (e.ctrlKey || e.metaKey || e.shiftKey || e.button) return;
  e.preventDefault();
  ask(opened(d));
}

/** What makes a link of a mark that is no figure. @param {Drill} d */
export const leads = (d) => ({ href: place(opened(d)), onClick: (/** @type {MouseEvent} */ e) => open(e, d) });

/**
 * One figure; it leads to its contacts when it counts any.
 * @param {{ v: number | null | undefined, unit?: Unit, drill?: Drill | null, target?: number, strong?: boolean }} p
 */
export const Figure = ({ v, unit = "n", drill, target, strong }) => {
  const text = digits(unit, v);
  const g = target === undefined ? "" : grade(v, target);
  const cls = (v ? "" : "d ") + (strong ? "b " : "") + g;
  const mark = g && html`<i class=${"gs " + g}><${Glyph} name=${g} /></i>`;
  if (!drill || v === null || v === undefined || (unit === "n" && !v)) return html`${mark}<span class=${cls}>${text}</span>`;
  return html`${mark}<a class=${"fig " + cls} href=${place(opened(drill))} title=${t("reports.open")} onClick=${(/** @type {MouseEvent} */ e) => open(e, drill)}>${text}</a>`;
};

/** Whether a comparison is asked for. */
export const comparing = () => asked.value.compare !== "";
