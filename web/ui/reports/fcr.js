// Resolution at the first contact: who had not to call again.
import { html } from "../shared/lib.js";
import { t } from "../shared/text.js";
import { asked, ask, address, useReport } from "./source.js";
import { Got, Part } from "./parts.js";
import { Table } from "./table.js";
import { Groups, groupName } from "./groups.js";

export const View = () => {
  const { queue, agent, team, more } = asked.value;
  const group = ["queue", "agent", "team"].includes(more.group) ? more.group : "queue";
  const days = Math.min(90, Math.max(1, Number(more.days) || 7));
  const reason = more.reason === "queue" ? "queue" : "any";
  const path = address("fcr", { group, queue, agent, team, days: String(days), reason });
  const got = useReport(path);
  /** @type {import("./table.js").Column[]} */
  const columns = [
    groupName(group),
    { id: "first", head: t("chart.first"), unit: "n", formula: "fcr", value: (r) => r.first },
    { id: "pending", head: t("chart.pending"), unit: "n", formula: "fcr_pending", value: (r) => r.pending },
    { id: "fcr", head: t("chart.fcr"), unit: "ratio", strong: true, value: (r) => r.fcr?.ratio, parts: (r) => r.fcr },
    { id: "repeats", head: t("chart.repeats"), unit: "ratio", value: (r) => r.repeats?.ratio, parts: (r) => r.repeats },
  ];
  return html`<${Part} name=${t("view.fcr")} note=${t("chart.fcrNote", { n: days })} file=${path} right=${html`<label class="noprint">${t("chart.within")} <input class="days" type="number" min="1" max="90" value=${days} onChange=${(/** @type {any} */ e) => ask({ days: e.target.value === "7" ? "" : e.target.value })} /></label>
    <label class="noprint"><input type="checkbox" checked=${reason === "queue"} onChange=${(/** @type {any} */ e) => ask({ reason: e.target.checked ? "queue" : "" })} /> ${t("chart.sameQueue")}</label><${Groups} options=${["queue", "agent", "team"]} value=${group} />`}>
    <${Got} of=${got}>${(/** @type {any} */ d) => html`<${Table} label=${t("view.fcr")} rows=${d.rows} columns=${columns} id=${(/** @type {any} */ r) => r.id} empty=${t("chart.nothing")} />`}<//>
  <//>`;
};
