// The chart of the day: arrivals per quarter of an hour.
import { html } from "../shared/lib.js";
import { t } from "../shared/text.js";
import { num, pct } from "../shared/format.js";

const HOUR = 4; // quarters
const SIDE = 62; // room for the figures of the axis

/**
 * Which quarters are shown: the hours in which there is something, today, last week or in the forecast, and six hours at least.
 * @param {{ today: number[], before: number[], forecast?: import("./lane.js").Forecast }} day
 */
export function span({ today, before, forecast }) {
  const lines = [today, before, (forecast?.calls ?? []).map((n) => (n >= 0.5 ? n : 0))];
  const first = Math.min(...lines.map((a) => a.findIndex((n) => n > 0)).filter((i) => i >= 0), Math.max(0, today.length - 1));
  const last = Math.max(today.length, ...lines.slice(1).map((a) => a.findLastIndex((n) => n > 0)));
  let from = Math.floor(first / HOUR) * HOUR;
  let to = Math.ceil((last + 1) / HOUR) * HOUR;
  const missing = 6 * HOUR - (to - from);
  if (missing > 0) {
    from -= Math.ceil(missing / HOUR / 2) * HOUR;
    to += Math.floor(missing / HOUR / 2) * HOUR;
  }
  const end = Math.max(24 * HOUR, today.length, before.length); // a day may have 25 hours
  if (to > end) [from, to] = [from - (to - end), end];
  return { from: Math.max(0, from), to: from < 0 ? to - from : to };
}

/** Steps of the axis: 1, 2 or 5 times a power of ten, two or three of them. @param {number} top */
export function steps(top) {
  const raw = Math.max(1, top) / 2.2;
  const ten = 10 ** Math.floor(Math.log10(raw));
  const step = Math.max(1, [5, 2, 1].map((k) => k * ten).find((s) => s <= raw) ?? ten);
  return Array.from({ length: Math.floor(top / step) }, (_, i) => (i + 1) * step).slice(0, 4);
}

/**
 * The sum of a line up to now, the open quarter in its part.
 * @param {number[]} line @param {number} quarters
 */
const upTo = (line, quarters) => line.reduce((sum, n, i) => sum + n * Math.min(1, Math.max(0, quarters - i)), 0);

/** A key of the legend. @param {{ shape: any, word: string }} p */
const Key = ({ shape, word }) => html`<span class="k"><svg viewBox="0 0 34 20" aria-hidden="true">${shape}</svg>${word}</span>`;

/** @typedef {{ today: number[], before: number[], forecast?: import("./lane.js").Forecast, total: number, title: string, width: number, height: number, minutes: number }} DayProps */

/** What was expected until now, and how far off it is. @param {DayProps} p */
const Caption = ({ before, forecast, total, title, minutes, width }) => {
  const expected = forecast ? Math.round(upTo(forecast.calls, minutes / 15)) : 0;
  const off = expected > 0 ? total / expected - 1 : null;
  return html`<figcaption class="cap">
    <b>${title} ${num(total)}</b>
    ${forecast && html`<span>${t("wall.expectedNow", { n: num(expected) })}</span>`}
    ${off !== null && html`<span class=${Math.abs(off) >= 0.1 ? "warn" : ""}>${off < 0 ? "−" : "+"}${pct(Math.abs(off))} %</span>`}
    <span class="sp"></span>
    ${width > 700 && html`<${Key} word=${t("wall.per15")} shape=${html`<rect class="bar" x="10" width="14" height="20" />`} />`}
    ${width > 900 && !forecast && html`<${Key} word=${t("wall.open")} shape=${html`<rect class="bar open" x="10" y="1" width="13" height="18" />`} />`}
    ${forecast && html`<${Key} word=${t("wall.forecast")} shape=${html`<path class="sf2" d="M0 10h34" />`} />`}
    ${before.length > 0 && html`<${Key} word=${t("wall.lastWeek")} shape=${html`<path class="before" d="M0 10h34" />`} />`}
  </figcaption>`;
};

/** @param {DayProps} p  minutes: of the day, now */
export const Day = (p) => {
  const { today, before, forecast, width, height, minutes } = p;
  const plot = width - SIDE;
  const { from, to } = span(p);
  const base = height - 32;
  const part = (/** @type {number[] | undefined} */ line) => (line ?? []).slice(from, to);
  const top = Math.max(4, ...part(today), ...part(before), ...part(forecast?.high), ...part(forecast?.calls)) * 1.06;
  const w = plot / (to - from);
  const x = (/** @type {number} */ quarter) => Math.round((quarter - from) * w * 10) / 10;
  const y = (/** @type {number} */ n) => Math.round((base - (n / top) * (base - 14)) * 10) / 10;
  const at = (/** @type {number[] | undefined} */ line) => part(line).map((n, i) => `${x(from + i + 0.5)},${y(n)}`);
  const every = to - from > 12 * HOUR ? 2 * HOUR : HOUR;
  const hours = [];
  for (let q = (Math.floor(from / every) + 1) * every; q < to; q += every) hours.push(q);
  const thick = Math.min(w * 0.68, 40);
  return html`<figure>
    <${Caption} ...${p} />
    <svg class="plot" viewBox=${`0 0 ${width} ${height}`} preserveAspectRatio="xMinYMin meet" role="img" aria-label=${t("wall.chart")}>
      ${forecast && html`<polygon class="bd" points=${[...at(forecast.high), ...at(forecast.low).reverse()].join(" ")} />`}
      ${steps(top).map((n) => html`<line class="gr" x1="0" x2=${plot} y1=${y(n)} y2=${y(n)} /><text class="ax" x=${plot + 10} y=${y(n) + 8}>${num(n)}</text>`)}
      ${part(today).map((n, i) => {
        const open = from + i === today.length - 1;
        return n > 0 && html`<rect class=${open ? "bar open" : "bar"} x=${x(from + i) + (w - thick) / 2} y=${y(n)} width=${thick} height=${base - y(n)} />`;
      })}
      ${before.length > 0 && html`<polyline class="before" points=${at(before).join(" ")} />`}
      ${forecast && html`<polyline class="sf2" points=${at(forecast.calls).join(" ")} />`}
      <line class="ba" x1="0" x2=${plot} y1=${base} y2=${base} />
      <line class="nowline" x1=${x(minutes / 15)} x2=${x(minutes / 15)} y1="0" y2=${base} />
      ${hours.map((q) => html`<text class="ax" x=${x(q)} y=${height - 4} text-anchor="middle">${`${(q / HOUR) % 24}:00`}</text>`)}
    </svg>
  </figure>`;
};
