// The drawings of a wait and of a day: the wait lane and the day's line. Units are those of the wall.
import { html } from "../shared/lib.js";
import { now } from "../shared/live.js";

const SOON = 10_000;

/** Where the target stands in a lane of that width. @param {number} width */
const lineOf = (width) => Math.round(width * 0.62);

/**
 * Where a wait stands: even up to the target, ever closer to the end after it, so that no wait leaves the lane.
 * @param {number} wait @param {number} target @param {number} width
 */
export function placeOf(wait, target, width) {
  const line = lineOf(width);
  if (wait <= target) return (Math.max(0, wait) / Math.max(1, target)) * line;
  const over = (wait - target) / (2 * Math.max(1, target));
  return line + 10 + (width - line - 24) * (over / (1 + over));
}

/** @param {number} x @param {number} mid @param {number} h */
const hourglass = (x, mid, h) => `M${x} ${mid - h / 2}h14L${x + 7} ${mid}L${x + 14} ${mid + h / 2}h-14L${x + 7} ${mid}z`;

/**
 * Every waiting caller as a mark on its way to the target: a bar, a tall bar within ten seconds of it, an hourglass past it.
 * @param {{ waiting: string[], target: number, width?: number, height: number, name: string }} p
 */
export const Lane = ({ waiting, target, width = 352, height, name }) => {
  const mid = height / 2;
  const tall = Math.min(34, height - 12);
  const line = lineOf(width);
  const zone = placeOf(Math.max(0, target - SOON), target, width);
  return html`<svg class="lane" viewBox=${`0 0 ${width} ${height}`} style=${{ width: `calc(${width}*var(--px))` }} role="img" aria-label=${name}>
    <rect class="l0" x="0" y=${mid - 1} width=${width} height="2" />
    ${waiting.length > 0 && html`<rect class="l1" x=${zone} y=${mid - tall / 2} width=${line - zone} height=${tall} />`}
    <rect class="l2" x=${line - 1.5} y=${mid - tall / 2 - 8} width="3" height=${tall + 16} />
    ${waiting.map((since) => {
      const wait = Math.max(0, now.value - Date.parse(since));
      const x = Math.round(placeOf(wait, target, width) * 10) / 10;
      if (wait > target) return html`<path class="lo" d=${hourglass(x, mid, tall + 2)} />`;
      if (wait >= target - SOON) return html`<rect class="ls" x=${Math.min(x, line - 12)} y=${mid - tall / 2} width="10" height=${tall} />`;
      return html`<rect class="ln" x=${x} y=${mid - tall / 3} width="6" height=${(tall * 2) / 3} />`;
    })}
  </svg>`;
};

/** @typedef {{ calls: number[], low: number[], high: number[] } | undefined} Forecast */

/**
 * A queue's arrivals today as a line, the forecast thin, last week's dotted; the open interval is a hollow point.
 * @param {{ today: number[], before: number[], forecast?: Forecast, from: number, to: number, width?: number, height: number }} p
 */
export const Spark = ({ today, before, forecast, from, to, width = 178, height }) => {
  const expected = forecast?.calls ?? [];
  const top = Math.max(1, ...today.slice(from), ...before.slice(from, to), ...expected.slice(from, to));
  const x = (/** @type {number} */ i) => Math.round((((i - from) / Math.max(1, to - from - 1)) * (width - 10) + 5) * 10) / 10;
  const y = (/** @type {number} */ n) => Math.round((height - 6 - (n / top) * (height - 12)) * 10) / 10;
  const line = (/** @type {number[]} */ ns) => ns.map((n, i) => `${x(from + i)},${y(n)}`).join(" ");
  const closed = today.slice(from, -1);
  const open = today.length - 1;
  return html`<svg class="sparkline" viewBox=${`0 0 ${width} ${height}`} style=${{ width: `calc(${width}*var(--px))` }} aria-hidden="true">
    ${before.length > 0 && html`<polyline class="before" points=${line(before.slice(from, to))} />`}
    ${expected.length > 0 && html`<polyline class="sf" points=${line(expected.slice(from, to))} />`}
    <polyline class="sa" points=${line(closed)} />
    ${closed.length > 0 && html`<circle class="sd" cx=${x(open - 1)} cy=${y(today[open - 1])} r="4.5" />`}
    ${open >= from && html`<circle class="so" cx=${x(open)} cy=${y(today[open])} r="4" />`}
  </svg>`;
};
