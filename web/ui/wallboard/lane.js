// The drawings of a queue's row: the wait lane and the day's line. Units are those of the wall.
import { html } from "../shared/lib.js";
import { now } from "../shared/live.js";

const WIDTH = 352;
const LINE = 218; // where the target stands
const SOON = 10_000;

/**
 * Where a wait stands: even up to the target, ever closer after it, so that no wait leaves the lane.
 * @param {number} wait @param {number} target
 */
export function placeOf(wait, target) {
  if (wait <= target) return (Math.max(0, wait) / target) * LINE;
  const over = (wait - target) / (2 * target);
  return LINE + 10 + (WIDTH - LINE - 24) * (over / (1 + over));
}

/** @param {number} x @param {number} mid @param {number} h */
const hourglass = (x, mid, h) => `M${x} ${mid - h / 2}h14L${x + 7} ${mid}L${x + 14} ${mid + h / 2}h-14L${x + 7} ${mid}z`;

/**
 * Every waiting caller as a mark on its way to the target: a bar, a tall bar within ten seconds of it, an hourglass past it.
 * @param {{ waiting: string[], target: number, height: number, name: string }} p
 */
export const Lane = ({ waiting, target, height, name }) => {
  const mid = height / 2;
  const tall = Math.min(34, height - 12);
  const zone = placeOf(Math.max(0, target - SOON), target);
  return html`<svg class="lane" viewBox=${`0 0 ${WIDTH} ${height}`} role="img" aria-label=${name}>
    <rect class="l0" x="0" y=${mid - 1} width=${WIDTH} height="2" />
    ${waiting.length > 0 && html`<rect class="l1" x=${zone} y=${mid - tall / 2} width=${LINE - zone} height=${tall} />`}
    <rect class="l2" x=${LINE - 1.5} y=${mid - tall / 2 - 8} width="3" height=${tall + 16} />
    ${waiting.map((since) => {
      const wait = Math.max(0, now.value - Date.parse(since));
      const x = Math.round(placeOf(wait, target) * 10) / 10;
      if (wait > target) return html`<path class="lo" d=${hourglass(x, mid, tall + 2)} />`;
      if (wait >= target - SOON) return html`<rect class="ls" x=${Math.min(x, LINE - 12)} y=${mid - tall / 2} width="10" height=${tall} />`;
      return html`<rect class="ln" x=${x} y=${mid - tall / 3} width="6" height=${(tall * 2) / 3} />`;
    })}
  </svg>`;
};

/**
 * A queue's arrivals today as a line, last week's dotted; the open interval is a hollow point.
 * @param {{ today: number[], before: number[], from: number, to: number, height: number }} p
 */
export const Spark = ({ today, before, from, to, height }) => {
  const top = Math.max(1, ...today.slice(from), ...before.slice(from, to));
  const x = (/** @type {number} */ i) => Math.round((((i - from) / Math.max(1, to - from - 1)) * 168 + 5) * 10) / 10;
  const y = (/** @type {number} */ n) => Math.round((height - 6 - (n / top) * (height - 12)) * 10) / 10;
  const line = (/** @type {number[]} */ ns) => ns.map((n, i) => `${x(from + i)},${y(n)}`).join(" ");
  const closed = today.slice(from, -1);
  const open = today.length - 1;
  return html`<svg class="sparkline" viewBox=${`0 0 178 ${height}`} aria-hidden="true">
    ${before.length > 0 && html`<polyline class="before" points=${line(before.slice(from, to))} />`}
    <polyline class="sa" points=${line(closed)} />
    ${closed.length > 0 && html`<circle class="sd" cx=${x(open - 1)} cy=${y(today[open - 1])} r="4.5" />`}
    ${open >= from && html`<circle class="so" cx=${x(open)} cy=${y(today[open])} r="4" />`}
  </svg>`;
};
