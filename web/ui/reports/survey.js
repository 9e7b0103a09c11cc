// What customers said: how far they came, how many were satisfied, and how sure that is.
import { html } from "../shared/lib.js";
import { t, code } from "../shared/text.js";
import { num, pct } from "../shared/format.js";
import { asked, address, useReport } from "./source.js";
import { Got, Part } from "./parts.js";
import { Table } from "./table.js";
import { Figure } from "./figure.js";
import { Groups, groupName } from "./groups.js";

/** Where the true share lies with 95 %: the interval of Wilson's score. @param {number} k @param {number} n @returns {[number, number] | null} */
export function wilson(k, n) {
  if (!n) return null;
  const z = 1.959964, p = k / n, a = 1 + (z * z) / n;
  const mid = (p + (z * z) / (2 * n)) / a;
  const half = (z / a) * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n));
  return [Math.max(0, mid - half), Math.min(1, mid + half)];
}

/** A share and its interval on a line from 0 to 100 %. @param {{ l: any }} p */
const Interval = ({ l }) => {
  const w = wilson(l?.count ?? 0, l?.of ?? 0);
  if (!w) return html`<span class="d">—</span>`;
  const words = t("chart.interval", { low: pct(w[0]), high: pct(w[1]), n: num(l.of) });
  return html`<svg class="iv" viewBox="0 0 100 12" preserveAspectRatio="none" role="img" aria-label=${words}><title>${words}</title><path class="rail" d="M0 6H100" /><path class="range" d=${`M${w[0] * 100} 6H${w[1] * 100}`} /><path class="dot" d=${`M${l.ratio * 100} 1V11`} /></svg>`;
};

const stages = ["invited", "accepted", "answered", "completed"];

/** @param {{ rows: any[] }} p */
const Funnel = ({ rows }) => {
  const whole = rows.filter((r) => !r.id); // the row of all, where there is one
  const sums = stages.map((s) => (whole.length ? whole : rows).reduce((n, r) => n + (r.survey[s] ?? 0), 0));
  return html`<table class="fun"><tbody>${stages.map((s, i) => html`<tr><th scope="row">${code("chart", s)}</th><td class="n"><${Figure} v=${sums[i]} drill=${whole.length ? { figure: "survey " + s, queue: asked.value.queue } : null} strong /></td><td class="n">${sums[0] ? pct(sums[i] / sums[0]) + " %" : "—"}</td>
    <td class="bar"><svg viewBox="0 0 100 14" preserveAspectRatio="none" aria-hidden="true"><rect width=${sums[0] ? (sums[i] / sums[0]) * 100 : 0} height="14" /></svg></td></tr>`)}</tbody></table>`;
};

export const View = () => {
  const { queue, agent, team, more } = asked.value;
  const group = ["queue", "agent", "team"].includes(more.group) ? more.group : "queue";
  const path = address("survey", { group, queue, agent, team });
  const got = useReport(path);
  const drill = (/** @type {string} */ figure) => (/** @type {any} */ r) =>
    group === "queue" ? { figure, queue: r.id || queue, from: r.start, to: r.end } : r.id ? { figure, [group]: r.id, from: r.start, to: r.end } : null;
  /** @type {import("./table.js").Column[]} */
  const columns = [
    groupName(group),
    ...stages.map((s) => /** @type {import("./table.js").Column} */ ({ id: s, head: code("chart", s), unit: "n", formula: "survey_" + s, value: (r) => r.survey[s], drill: drill("survey " + s) })),
    { id: "participation", head: t("chart.participation"), unit: "ratio", value: (r) => r.survey.participation?.ratio, drill: drill("survey answered") },
    { id: "satisfaction", head: t("chart.satisfaction"), unit: "ratio", strong: true, value: (r) => r.satisfaction?.ratio, parts: (r) => r.satisfaction, drill: drill("survey unsatisfied") },
    { id: "interval", head: t("chart.range"), width: "bar", show: (r) => html`<${Interval} l=${r.satisfaction} />` },
    { id: "low", head: t("chart.atLeast"), unit: "ratio", formula: "satisfaction", value: (r) => wilson(r.satisfaction?.count, r.satisfaction?.of)?.[0] },
    { id: "high", head: t("chart.atMost"), unit: "ratio", formula: "satisfaction", value: (r) => wilson(r.satisfaction?.count, r.satisfaction?.of)?.[1] },
    { id: "avg_score", head: t("chart.score"), unit: "n", value: (r) => r.survey.avg_score, drill: drill("survey ratings") },
  ];
  return html`<${Part} name=${t("view.survey")} note=${t("chart.surveyNote")} file=${path} right=${html`<${Groups} options=${["queue", "agent", "team"]} value=${group} />`}>
    <${Got} of=${got}>${(/** @type {any} */ d) => html`<${Funnel} rows=${d.rows} /><${Table} label=${t("view.survey")} rows=${d.rows} columns=${columns} id=${(/** @type {any} */ r) => r.id} empty=${t("chart.nothing")} />`}<//>
  <//>`;
};
