// How lines sounded: the shares of calls by MOS, and the mean day by day.
import { html } from "../shared/lib.js";
import { t, code } from "../shared/text.js";
import { num, pct, DASH } from "../shared/format.js";
import { asked, address, useReport } from "./source.js";
import { Got, Part } from "./parts.js";
import { Table } from "./table.js";
import { leads } from "./figure.js";
import { Lines } from "./lines.js";
import { Groups, groupName } from "./groups.js";

const bands = ["< 3.1", "3.1–3.6", "3.6–4.0", "4.0–4.3", "≥ 4.3"];

/** @param {number | null | undefined} v */
const mos = (v) => (v === null || v === undefined ? DASH : v.toFixed(2));

/** Those of a row's lines that are of a kind. @param {string} figure @param {any} r */
const lines = (figure, r) => ({ figure: "line " + figure, agent: asked.value.agent, from: r.start, to: r.end, cell: { group: r.group, id: r.id } });

/** @param {{ r: any }} p */
const Bands = ({ r }) => {
  const n = r.bands.reduce((/** @type {number} */ s, /** @type {number} */ x) => s + x, 0);
  if (!n) return html`<span class="d">${DASH}</span>`;
  const words = bands.map((b, i) => `${b}: ${num(r.bands[i])}`).join(", ");
  let x = 0;
  return html`<svg class="bd" viewBox="0 0 100 12" preserveAspectRatio="none" role="group" aria-label=${words}><title>${words}</title>${r.bands.map((/** @type {number} */ v, /** @type {number} */ i) => {
    const at = x;
    x += (v / n) * 100;
    return v > 0 && html`<a ...${leads(lines("band" + i, r))} aria-label=${`${bands[i]}: ${num(v)}`}><rect class=${"q" + i} x=${at} width=${(v / n) * 100} height="12" /></a>`;
  })}</svg>`;
};

/** @param {any[]} rows */
function days(rows) {
  /** @type {Map<string, { day: string, sum: number, n: number, min: number | null }>} */
  const by = new Map();
  for (const r of rows) {
    const d = by.get(r.start) ?? { day: r.label.slice(5, 10), sum: 0, n: 0, min: null };
    if (r.mos !== null) [d.sum, d.n, d.min] = [d.sum + r.mos * r.rated, d.n + r.rated, d.min === null ? r.mos_min : Math.min(d.min, r.mos_min)];
    by.set(r.start, d);
  }
  return [...by.keys()].sort().map((k) => /** @type {any} */ (by.get(k)));
}

export const View = () => {
  const { agent, more } = asked.value;
  const group = ["trunk", "agent", "codec"].includes(more.group) ? more.group : "trunk";
  const path = address("quality", { group, agent });
  const got = useReport(path);
  const daily = useReport(address("quality", { group: "codec", interval: "1d", agent }));
  const course = days(daily.data?.rows ?? []);
  /** @type {import("./table.js").Column[]} */
  const columns = [
    groupName(group),
    { id: "legs", head: t("chart.legs"), unit: "n", formula: "mos", value: (r) => r.legs, drill: (r) => lines("legs", r) },
    { id: "rated", head: t("chart.rated"), unit: "n", formula: "mos", value: (r) => r.rated, drill: (r) => lines("rated", r) },
    { id: "mos", head: "MOS", unit: "n", formula: "mos", strong: true, value: (r) => r.mos, show: (r) => mos(r.mos) },
    { id: "mos_min", head: t("chart.worst"), unit: "n", formula: "mos", value: (r) => r.mos_min, show: (r) => mos(r.mos_min) },
    { id: "bands", head: t("chart.bands"), width: "bar", show: (r) => html`<${Bands} r=${r} />` },
    { id: "lost_ratio", head: t("chart.lossRate"), unit: "ratio", value: (r) => r.lost_ratio, show: (r) => (r.lost_ratio === null ? DASH : pct(r.lost_ratio, 2)) },
    { id: "jitter", head: t("chart.jitter"), unit: "n", value: (r) => r.jitter_ms },
    { id: "silent", head: t("chart.silent"), unit: "n", value: (r) => r.silent, drill: (r) => lines("silent", r) },
  ];
  return html`<${Part} name=${t("view.quality")} file=${path} right=${html`<span class="lg">${bands.map((b, i) => html`<span class="sv"><i class=${"qk q" + i}></i>${b}</span>`)}</span><${Groups} options=${["trunk", "agent", "codec"]} value=${group} />`}>
      <${Got} of=${got}>${(/** @type {any} */ d) => html`<${Table} label=${t("view.quality")} rows=${d.rows} columns=${columns} id=${(/** @type {any} */ r) => r.id} empty=${t("chart.nothing")} />`}<//>
    <//>
    ${course.length > 1 && html`<${Part} name=${t("chart.mosCourse")}><${Lines} name=${t("chart.mosCourse")} top=${5} x=${course.map((_, i) => i)} label=${(/** @type {number} */ i) => course[i]?.day ?? ""} show=${mos} lines=${[
      { name: code("chart", "mosMean"), values: course.map((d) => (d.n ? d.sum / d.n : null)), kind: "solid" },
      { name: code("chart", "mosWorst"), values: course.map((d) => d.min), kind: "dots" },
    ]} /><//>`}`;
};
