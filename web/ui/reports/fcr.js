// Resolution at the first contact: who had not to call again.
import { html } from "../shared/lib.js";
import { t, code } from "../shared/text.js";
import { asked, ask, address, useReport } from "./source.js";
import { Got, Part } from "./parts.js";
import { Table } from "./table.js";
import { Groups, groupName } from "./groups.js";

const groups = ["queue", "agent", "team", "code"];
const reasons = ["any", "queue", "code"];

export const View = () => {
  const { queue, agent, team, more } = asked.value;
  const group = groups.includes(more.group) ? more.group : "queue";
  const days = Math.min(90, Math.max(1, Number(more.days) || 7));
  const reason = ["queue", "code"].includes(more.reason) ? more.reason : "any";
  const path = address("fcr", { group, queue, agent, team, days: String(days), reason });
  const got = useReport(path);
  const drill = (/** @type {string} */ figure) => (/** @type {any} */ r) => ({
    figure, queue: (group === "queue" && r.id) || queue, agent: (group === "agent" && r.id) || agent, team: (group === "team" && r.id) || team, from: r.start, to: r.end,
    cell: { days: String(days), reason, code: group === "code" ? r.id : "" },
  });
  /** @type {import("./table.js").Column[]} */
  const columns = [
    groupName(group),
    { id: "first", head: t("chart.first"), unit: "n", formula: "fcr", value: (r) => r.first, drill: drill("fcr first") },
    { id: "pending", head: t("chart.pending"), unit: "n", formula: "fcr_pending", value: (r) => r.pending, drill: drill("fcr pending") },
    { id: "fcr", head: t("chart.fcr"), unit: "ratio", strong: true, value: (r) => r.fcr?.ratio, parts: (r) => r.fcr, drill: drill("fcr again") },
    { id: "repeats", head: t("chart.repeats"), unit: "ratio", value: (r) => r.repeats?.ratio, parts: (r) => r.repeats, drill: drill("repeat again") },
  ];
  return html`<${Part} name=${t("view.fcr")} note=${t("chart.fcrNote", { n: days })} file=${path} right=${html`<label class="noprint">${t("chart.within")} <input class="days" type="number" min="1" max="90" value=${days} onChange=${(/** @type {any} */ e) => ask({ days: e.target.value === "7" ? "" : e.target.value })} /></label>
    <label class="noprint">${t("chart.about")} <select value=${reason} onChange=${(/** @type {any} */ e) => ask({ reason: e.target.value === "any" ? "" : e.target.value })}>${reasons.map((x) => html`<option value=${x} selected=${x === reason}>${code("about", x)}</option>`)}</select></label><${Groups} options=${groups} value=${group} />`}>
    <${Got} of=${got}>${(/** @type {any} */ d) => html`<${Table} label=${t("view.fcr")} rows=${d.rows} columns=${columns} id=${(/** @type {any} */ r) => r.id} empty=${t("chart.nothing")} />`}<//>
  <//>`;
};
