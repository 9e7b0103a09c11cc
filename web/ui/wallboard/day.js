// The chart of the day: arrivals per quarter of an hour.
import { html } from "../shared/lib.js";
import { t } from "../shared/text.js";
import { num } from "../shared/format.js";

const HOUR = 4; // quarters
const SIDE = 62; // room for the figures of the axis

/**
 * Which quarters are shown: the hours in which there is something, today or last week, and six hours at least.
 * @param {{ arrivals: number[], arrivals_before: number[] }} day
 */
export function span(day) {
  const first = Math.min(...[day.arrivals, day.arrivals_before].map((a) => a.findIndex((n) => n > 0)).filter((i) => i >= 0), day.arrivals.length - 1);
  const last = Math.max(
    day.arrivals.length,
    day.arrivals_before.findLastIndex((n) => n > 0),
  );
  let from = Math.floor(first / HOUR) * HOUR;
  let to = Math.ceil((last + 1) / HOUR) * HOUR;
  const missing = 6 * HOUR - (to - from);
  if (missing > 0) {
    from -= Math.ceil(missing / HOUR / 2) * HOUR;
    to += Math.floor(missing / HOUR / 2) * HOUR;
  }
  if (from < 0) [from, to] = [0, to - from];
  return { from, to: Math.max(to, from + 6 * HOUR) };
}

/** Steps of the axis: 1, 2 or 5 times a power of ten, two or three of them. @param {number} top */
export function steps(top) {
  const raw = Math.max(1, top) / 2.2;
  const ten = 10 ** Math.floor(Math.log10(raw));
  const step = Math.max(1, [5, 2, 1].map((k) => k * ten).find((s) => s <= raw) ?? ten);
  return Array.from({ length: Math.floor(top / step) }, (_, i) => (i + 1) * step).slice(0, 4);
}

/** @param {{ totals: any, width: number, height: number, minutes: number }} p  minutes: of the day, now */
export const Day = ({ totals, width, height, minutes }) => {
  const plot = width - SIDE;
  const { arrivals, arrivals_before: before } = totals.today;
  const { from, to } = span(totals.today);
  const base = height - 32;
  const top = Math.max(4, ...arrivals.slice(from, to), ...before.slice(from, to)) * 1.06;
  const w = plot / (to - from);
  const x = (/** @type {number} */ quarter) => Math.round((quarter - from) * w * 10) / 10;
  const y = (/** @type {number} */ n) => Math.round((base - (n / top) * (base - 14)) * 10) / 10;
  const every = to - from > 12 * HOUR ? 2 * HOUR : HOUR;
  const hours = [];
  for (let q = (Math.floor(from / every) + 1) * every; q < to; q += every) hours.push(q);
  const thick = Math.min(w * 0.68, 40);
  return html`<figure>
    <figcaption class="cap">
      <b>${t("wall.arrivals", { n: num(totals.today.requested) })}</b><span class="sp"></span>
      <span class="k"><svg viewBox="0 0 34 20" aria-hidden="true"><rect class="bar" x="10" width="14" height="20" /></svg>${t("wall.per15")}</span>
      <span class="k"><svg viewBox="0 0 34 20" aria-hidden="true"><rect class="bar open" x="10" y="1" width="13" height="18" /></svg>${t("wall.open")}</span>
      ${before.length > 0 && html`<span class="k"><svg viewBox="0 0 34 20" aria-hidden="true"><path class="before" d="M0 10h34" /></svg>${t("wall.lastWeek")}</span>`}
    </figcaption>
    <svg class="plot" viewBox=${`0 0 ${width} ${height}`} preserveAspectRatio="xMinYMin meet" role="img" aria-label=${t("wall.chart")}>
      ${steps(top).map((n) => html`<line class="gr" x1="0" x2=${plot} y1=${y(n)} y2=${y(n)} /><text class="ax" x=${plot + 10} y=${y(n) + 8}>${num(n)}</text>`)}
      ${arrivals.slice(from, to).map((/** @type {number} */ n, /** @type {number} */ i) => {
        const open = from + i === arrivals.length - 1;
        return n > 0 && html`<rect class=${open ? "bar open" : "bar"} x=${x(from + i) + (w - thick) / 2} y=${y(n)} width=${thick} height=${base - y(n)} />`;
      })}
      ${before.length > 0 && html`<polyline class="before" points=${before.slice(from, to).map((/** @type {number} */ n, /** @type {number} */ i) => `${x(from + i + 0.5)},${y(n)}`).join(" ")} />`}
      <line class="ba" x1="0" x2=${plot} y1=${base} y2=${base} />
      <line class="nowline" x1=${x(minutes / 15)} x2=${x(minutes / 15)} y1="0" y2=${base} />
      ${hours.map((q) => html`<text class="ax" x=${x(q)} y=${height - 4} text-anchor="middle">${`${(q / HOUR) % 24}:00`}</text>`)}
    </svg>
  </figure>`;
};
