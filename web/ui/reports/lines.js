// Lines over a common axis, as the forecast and the staffing curves draw them: what is so solid, what is expected thin with its band,
// what was before dotted.
import { html, signal } from "../shared/lib.js";
import { useEffect, useRef } from "../vendor/preact/hooks.module.js";
import { num } from "../shared/format.js";
import uPlot from "../vendor/uplot/uPlot.esm.js";

/** @typedef {{ name: string, values: (number | null)[], low?: (number | null)[], high?: (number | null)[], kind: "solid" | "thin" | "dots", scale?: string }} Line */
/** @typedef {{ name: string, x: number[], range?: [number, number], label: (x: number) => string, lines: Line[], show: (v: number | null | undefined) => string, steps?: boolean, top?: number, mark?: number }} Props */

/** @param {Props} p @param {(name: string) => string} v */
function series(p, v) {
  const paths = p.steps ? uPlot.paths.stepped({ align: 1 }) : undefined;
  /** @type {any[]} */
  const out = [{}];
  /** @type {any[]} */
  const data = [p.x];
  /** @type {any[]} */
  const bands = [];
  for (const l of p.lines) {
    if (l.low && l.high) {
      data.push(l.high, l.low);
      out.push({ stroke: "transparent", width: 0, points: { show: false } }, { stroke: "transparent", width: 0, points: { show: false } });
      bands.push({ series: [out.length - 2, out.length - 1], fill: v("--band") });
    }
    data.push(l.values);
    out.push({
      stroke: l.kind === "solid" ? v("--t1") : v("--plot"), width: l.kind === "solid" ? 2 : 1, dash: l.kind === "dots" ? [2, 3] : undefined,
      points: { show: false }, spanGaps: false, paths,
    });
  }
  return { out, data, bands };
}

/** @param {HTMLElement} box @param {Props} p @param {(i: number | null) => void} at */
function draw(box, p, at) {
  const css = getComputedStyle(document.documentElement);
  const v = (/** @type {string} */ name) => css.getPropertyValue(name).trim();
  const { out, data, bands } = series(p, v);
  const font = `11px ${v("--font")}`;
  const [a, b] = p.range ?? [p.x[0], p.x[p.x.length - 1]];
  return new uPlot(
    {
      width: box.clientWidth, height: box.clientHeight, legend: { show: false }, padding: [8, 0, 0, 18],
      cursor: { points: { show: false }, y: false, drag: { x: false, y: false } },
      scales: { x: { time: false, range: () => [a, Math.max(b + (p.steps ? 1 : 0), a + 1)] }, y: { range: (/** @type {any} */ _u, /** @type {number} */ _a, /** @type {number} */ top) => [0, p.top ?? Math.max(4, top * 1.08)] } },
      axes: [
        { stroke: v("--t3"), font, grid: { show: false }, ticks: { show: false }, size: 22, gap: 4, values: (/** @type {any} */ _u, /** @type {number[]} */ s) => s.map((x) => (x % 1 ? "" : p.label(x))) },
        { side: 1, stroke: v("--t3"), font, grid: { stroke: v("--line"), width: 1 }, ticks: { show: false }, size: 46, gap: 6, values: (/** @type {any} */ _u, /** @type {number[]} */ s) => s.map((x) => (x % 1 ? p.show(x) : num(x))) },
      ],
      series: out, bands,
      hooks: {
        setCursor: [(/** @type {any} */ u) => at(u.cursor.idx ?? null)],
        drawAxes: [
          (/** @type {any} */ u) => {
            if (p.mark === undefined) return;
            const x = u.valToPos(p.mark, "x", true);
            u.ctx.save();
            u.ctx.strokeStyle = v("--accent");
            u.ctx.beginPath();
            u.ctx.moveTo(x, u.bbox.top);
            u.ctx.lineTo(x, u.bbox.top + u.bbox.height);
            u.ctx.stroke();
            u.ctx.restore();
          },
        ],
      },
    },
    /** @type {any} */ (data),
    box,
  );
}

/** @param {Props} p */
export const Lines = (p) => {
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  const at = useRef(signal(/** @type {number | null} */ (null))).current;
  useEffect(() => {
    const el = box.current;
    if (!el) return;
    const plot = draw(el, p, (i) => (at.value = i));
    const resized = new ResizeObserver(() => plot.setSize({ width: el.clientWidth, height: el.clientHeight }));
    resized.observe(el);
    return () => {
      resized.disconnect();
      plot.destroy();
      at.value = null;
    };
  }, [JSON.stringify(p.lines), p.name]);
  const i = at.value;
  return html`<figure class="lines">
    <figcaption class="h">
      ${p.lines.map((l) => html`<span class="lk"><i class=${l.kind}></i>${l.name}${i !== null && html`<b class="m">${p.show(l.values[i])}</b>`}</span>`)}
      <span class="sp"></span>${i !== null && html`<span class="m">${p.label(p.x[i])}</span>`}
    </figcaption>
    <div class="plot" ref=${box} role="img" aria-label=${p.name}></div>
  </figure>`;
};
