// The monthly sheet: every figure with its standard, last month, this month, the change and how it went over a year.
import { html, Glyph } from "../shared/lib.js";
import { t, code } from "../shared/text.js";
import { num, pct, secs, dateOf, dayStart, DASH } from "../shared/format.js";
import { asked, ask, useReport } from "./source.js";
import { Got, Part } from "./parts.js";
import { Figure } from "./figure.js";
import { Fx, formulaOf } from "./formula.js";
import { months } from "./span.js";

/** @param {any} row @param {number | null | undefined} v */
function digits(row, v) {
  if (v === null || v === undefined) return html`<span class="d">${DASH}</span>`;
  return row.unit === "ratio" ? pct(v) : row.unit === "ms" ? secs(v) : num(Math.round(v * 10) / 10);
}

/** @param {any} row */
const unit = (row) => (row.unit === "ratio" ? "%" : row.unit === "ms" ? "s" : "");

/** @param {any} row */
function standard(row) {
  const [min, max] = [row.target_min, row.target_max];
  const u = unit(row);
  const one = (/** @type {number} */ v) => (row.unit === "ratio" ? String(Math.round(v * 1000) / 10) : row.unit === "ms" ? String(v / 1000) : num(v));
  if (min === null && max === null) return html`<span class="d">${DASH}</span>`;
  if (min === null) return `≤ ${one(max)} ${u}`;
  if (max === null) return `≥ ${one(min)} ${u}`;
  return `${one(min)}–${one(max)} ${u}`;
}

/** @param {any} row */
function change(row) {
  if (row.change === null || row.change === undefined) return html`<span class="d">${DASH}</span>`;
  const v = row.unit === "ratio" ? row.change * 100 : row.unit === "ms" ? row.change / 1000 : row.change;
  const text = Math.abs(v).toFixed(1);
  return text === "0.0" ? "0.0" : (v > 0 ? "+" : "−") + text;
}

/** How a figure went: one point a month, the last one marked. @param {{ points: (number | null)[], bad: boolean }} p */
const Spark = ({ points, bad }) => {
  const there = /** @type {[number, number][]} */ (points.map((v, i) => [i, v]).filter(([, v]) => v !== null));
  if (there.length < 2) return null;
  const values = there.map(([, v]) => v);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const x = (/** @type {number} */ i) => (i / (points.length - 1)) * 74 + 2;
  const y = (/** @type {number} */ v) => (high === low ? 9 : 15 - ((v - low) / (high - low)) * 12);
  const [i, v] = there[there.length - 1];
  return html`<svg class=${"spark" + (bad ? " crit" : "")} width="82" height="18" aria-hidden="true"><path d=${there.map(([i, v], k) => `${k ? "L" : "M"}${x(i).toFixed(1)} ${y(v).toFixed(1)}`).join("")} /><circle cx=${x(i)} cy=${y(v)} r="2.2" /></svg>`;
};

/** The sheet's figures out of the months' totals: those that the queue report has. @type {Record<string, (r: any) => number | null>} */
const past = {
  connect: (r) => r.levels.connect.ratio, cn20: (r) => r.levels.cn20.ratio, abandon: (r) => r.levels.abandon.ratio, asa: (r) => r.asa_ms, talk: (r) => r.avg_talk_ms, acw: (r) => r.avg_acw_ms, aht: (r) => r.aht_ms,
};

/** What the contacts of a figure are: those that missed it, where it has a standard. @type {Record<string, string>} */
const lists = { connect: "out connect", cn20: "out cn20", abandon: "abandoned", per_agent: "answered", asa: "answered", talk: "handled", acw: "handled", aht: "handled" };

/** @param {{ kpi: any, year?: any, wide?: boolean }} p  wide: there is room for the formulas */
export const Sheet = ({ kpi, year, wide }) => {
  const start = kpi.month + "-01";
  const span = { from: dayStart(start), to: dayStart(months(start, 1)) };
  const drill = (/** @type {any} */ r) => (lists[r.id] ? { figure: lists[r.id], ...span } : null);
  return html`<table class="k">
    <thead><tr><th>${t("reports.figure")}</th><th class="n">${t("reports.standard")}</th><th class="n">${t("reports.lastMonth")}</th><th class="n">${t("reports.thisMonth")}</th><td></td><th class="n">${t("reports.change")}</th>${year && html`<th class="sp12">${t("reports.year12")}</th>`}<td></td>${wide && html`<th class="why">${t("reports.formula")}</th>`}</tr></thead>
    <tbody>
      ${kpi.rows.map((/** @type {any} */ r) => html`<tr class=${r.met === false ? "f" : ""} key=${r.id}>
        <td class="nw">${code("kpi", r.id)}<${Fx} id=${r.id} /></td>
        <td class="n m">${standard(r)}</td><td class="n m">${digits(r, r.last_month)}</td>
        <td class=${"n b" + (r.met === false ? " crit" : "")}><${Figure} v=${r.this_month} unit=${r.unit === "ratio" ? "ratio" : r.unit === "ms" ? "s" : "n"} drill=${drill(r)} /></td><td class="un">${r.this_month !== null && unit(r)}</td>
        <td class="n m">${change(r)}</td>
        ${year && html`<td class="sp12"><${Spark} points=${past[r.id] ? year.totals.map(past[r.id]) : []} bad=${r.met === false} /></td>`}
        <td class="met">${r.met === true ? html`<span class="sv d"><${Glyph} name="ok" />${t("reports.met")}</span>` : r.met === false ? html`<span class="sv crit"><${Glyph} name="crit" />${t("reports.notMet")}</span>` : ""}</td>
        ${wide && html`<td class="why m cut">${formulaOf(r.id)}</td>`}
      </tr>`)}
    </tbody>
  </table>`;
};

/** What stands beside the sheet's name. @param {any} kpi */
export function verdict(kpi) {
  const missed = kpi.rows.filter((/** @type {any} */ r) => r.met === false).length;
  const met = kpi.rows.filter((/** @type {any} */ r) => r.met === true).length;
  return missed ? t("reports.missedOf", { n: missed, met }) : t("reports.allMet");
}

/** The month that the page is in. */
export const monthShown = () => asked.value.to.slice(0, 7);

/** The totals of the twelve months up to the one shown. @param {string} month */
export const yearOf = (month) => {
  const start = month + "-01";
  return `/reports/queues?${new URLSearchParams({ from: dayStart(months(start, -11)), to: dayStart(months(start, 1)), interval: "1M" })}`;
};

const Months = () => {
  const month = monthShown();
  const now = dateOf(Date.now()).slice(0, 7);
  const to = (/** @type {number} */ n) => {
    const first = months(month + "-01", n);
    ask({ period: "", from: first, to: new Date(Date.parse(months(first, 1) + "T12:00:00Z") - 86400_000).toISOString().slice(0, 10) });
  };
  return html`<span class="seg noprint"><button class="btn" aria-label=${t("reports.monthBefore")} onClick=${() => to(-1)}>‹</button><span class="btn still">${month}</span><button class="btn" aria-label=${t("reports.monthAfter")} disabled=${month >= now} onClick=${() => to(1)}>›</button></span>`;
};

export const View = () => {
  const month = monthShown();
  const got = useReport("/reports/kpi?month=" + month);
  const year = useReport(yearOf(month));
  return html`<${Part} cls="sheet" name=${t("reports.sheet", { month })} note=${got.data && verdict(got.data)} file=${"/reports/kpi?month=" + month}
      right=${html`${got.data && !got.data.final && html`<span class="chip">${t("reports.notFinal")}</span>`}<${Months} />`}>
    <${Got} of=${got}>${(/** @type {any} */ d) => html`<${Sheet} kpi=${d} year=${year.data ?? { totals: [] }} wide />`}<//>
  <//>`;
};
