// The course of the calls: bars of what came and was answered, a line of the service level.
import { html, signal } from "../shared/lib.js";
import { useEffect, useRef } from "../vendor/preact/hooks.module.js";
import { t, code } from "../shared/text.js";
import { num, pct, zone } from "../shared/format.js";
import { asked } from "./source.js";
import { drillTo } from "./figure.js";
import { levelOf } from "./queuecols.js";
import uPlot from "../vendor/uplot/uPlot.esm.js";

/** The row under the pointer; the last one otherwise. @type {import("../shared/lib.js").Signal<number | null>} */
const at = signal(null);

/** @param {any} r */
function share(r) {
  const v = r && levelOf(r, asked.value.def).ratio;
  return v === null || v === undefined ? null : v * 100;
}

/** @param {any[]} rows @param {any[] | undefined} before the earlier span's, the first beside the first */
const columns = (rows, before) => [
  rows.map((r) => (Date.parse(r.start) + Date.parse(r.end)) / 2000),
  rows.map((r) => r.offered),
  rows.map((r) => r.answered),
  rows.map(share),
  rows.map((_, i) => before?.[i]?.offered ?? null),
  rows.map((_, i) => share(before?.[i])),
];

/** @param {number[]} splits @param {boolean} days */
function labels(splits, days) {
  /** @type {Intl.DateTimeFormatOptions} */
  const o = days ? { month: "numeric", day: "numeric" } : { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  const f = new Intl.DateTimeFormat("zh-CN", { timeZone: zone.value || undefined, ...o });
  return splits.map((s) => f.format(new Date(s * 1000)));
}

/** @param {HTMLElement} box @param {any[]} rows @param {any[] | undefined} before @param {boolean} days @param {{ start: number, end: number }} span */
function draw(box, rows, before, days, span) {
  const css = getComputedStyle(document.documentElement);
  const v = (/** @type {string} */ name) => css.getPropertyValue(name).trim();
  const grid = { stroke: v("--line"), width: 1 };
  const font = `11px ${v("--font")}`;
  const bars = uPlot.paths.bars({ size: [0.72, 26], align: 0 });
  const target = rows.find((r) => r.target_ratio)?.target_ratio;
  return new uPlot(
    {
      width: box.clientWidth, height: box.clientHeight, legend: { show: false }, padding: [8, 0, 0, 0],
      tzDate: (/** @type {number} */ s) => uPlot.tzDate(new Date(s * 1000), zone.value || undefined),
      cursor: { points: { show: false }, y: false, drag: { x: false, y: false } },
      scales: { x: { range: () => [span.start, span.end] }, n: { range: (/** @type {any} */ _u, /** @type {number} */ _a, /** @type {number} */ b) => [0, Math.max(4, b * 1.08)] }, p: { range: () => [0, 100] } },
      axes: [
        { stroke: v("--t3"), font, grid: { show: false }, ticks: { show: false }, size: 22, gap: 4, ...(days ? { incrs: [1, 2, 7, 14, 28].map((d) => d * 86400) } : {}), values: (/** @type {any} */ _u, /** @type {number[]} */ s) => labels(s, days) },
        { scale: "n", stroke: v("--t3"), font, grid, ticks: { show: false }, size: 46, gap: 6, values: (/** @type {any} */ _u, /** @type {number[]} */ s) => s.map((x) => (x % 1 ? "" : num(x))) },
        { scale: "p", side: 1, stroke: v("--t3"), font, grid: { show: false }, ticks: { show: false }, size: 34, gap: 6, splits: () => [0, 20, 40, 60, 80, 100] },
      ],
      series: [
        {},
        { scale: "n", stroke: v("--plot-2"), width: 1, fill: "transparent", paths: bars, points: { show: false } },
        { scale: "n", stroke: v("--plot-2"), width: 0, fill: v("--plot-2"), paths: bars, points: { show: false } },
        { scale: "p", stroke: v("--accent"), width: 1.5, spanGaps: false, points: { show: rows.length < 60, size: 5, fill: v("--accent") } },
        { scale: "n", stroke: v("--t2"), width: 1, dash: [1, 3], points: { show: false } },
        { scale: "p", stroke: v("--accent"), width: 1, dash: [1, 3], spanGaps: false, points: { show: false } },
      ],
      hooks: {
        setCursor: [(/** @type {any} */ u) => (at.value = u.cursor.idx ?? null)],
        drawAxes: [
          (/** @type {any} */ u) => {
            if (!target) return;
            const y = u.valToPos(target * 100, "p", true);
            u.ctx.save();
            u.ctx.strokeStyle = v("--t1");
            u.ctx.setLineDash([3, 3]);
            u.ctx.beginPath();
            u.ctx.moveTo(u.bbox.left, y);
            u.ctx.lineTo(u.bbox.left + u.bbox.width, y);
            u.ctx.stroke();
            u.ctx.restore();
          },
        ],
      },
    },
    columns(rows, before),
    box,
  );
}

/** @param {{ rows: any[], before?: any[], interval: string, from: string, to: string, name: string }} p */
export const Chart = ({ rows, before, interval, from, to, name }) => {
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  const days = /d|w|M|y/.test(interval);
  useEffect(() => {
    const el = box.current;
    if (!el) return;
    const plot = draw(el, rows, before, days, { start: Date.parse(from) / 1000, end: Date.parse(to) / 1000 });
    const resized = new ResizeObserver(() => plot.setSize({ width: el.clientWidth, height: el.clientHeight }));
    resized.observe(el);
    return () => {
      resized.disconnect();
      plot.destroy();
      at.value = null;
    };
  }, [rows, before, interval, from, to, asked.value.def, document.documentElement.dataset.theme]);
  const r = rows[at.value ?? rows.length - 1];
  return html`<figure class="course">
    <figcaption class="h">
      <b>${name}</b>
      <span class="k"><i class="box"></i>${t("reports.offered")}</span><span class="k"><i class="box full"></i>${t("reports.answered")}</span><span class="k"><i class="dash"></i>${t("reports.level")}</span>
      ${before && html`<span class="k"><i class="dots"></i>${code("compare", asked.value.compare)}</span>`}
      <span class="sp"></span>
      ${r && html`<span class="m">${r.label.slice(days ? 5 : 11, days ? 10 : 16)}  ${num(r.offered)} / ${num(r.answered)}  ${pct(levelOf(r, asked.value.def).ratio)} %</span>`}
    </figcaption>
    <div class="plot opens" ref=${box} role="img" aria-label=${name} onClick=${() => at.value !== null && r?.offered && drillTo({ figure: "offered", queue: r.queue ?? asked.value.queue, from: r.start, to: r.end })}></div>
  </figure>`;
};
