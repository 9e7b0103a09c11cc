// Promises to call customers back: how many were kept, by queue, and those that are open.
import { html } from "../shared/lib.js";
import { t, code } from "../shared/text.js";
import { dayTime, number, num, DASH } from "../shared/format.js";
import { may } from "../shared/shell.js";
import { names } from "../qa/names.js";
import { asked, address, earlierSpan, useReport } from "./source.js";
import { Got, Part } from "./parts.js";
import { Table } from "./table.js";
import { queueName } from "./queuecols.js";
import { matched } from "./beside.js";

const kinds = ["asked", "connected", "failed", "expired", "cancelled", "open"];

/** @type {import("./table.js").Column[]} */
const columns = [
  queueName,
  ...kinds.map((k) => /** @type {import("./table.js").Column} */ ({ id: "cb_" + k, unit: "n", value: (r) => r.callbacks[k], strong: k === "asked", formula: "callbacks", drill: (r) => ({ figure: "callback " + k, queue: r.queue ?? asked.value.queue, from: r.start, to: r.end }) })),
  { id: "cb_kept", unit: "ratio", value: (r) => (r.callbacks.asked - r.callbacks.open > 0 ? r.callbacks.connected / (r.callbacks.asked - r.callbacks.open) : null), formula: "callbacks" },
  { id: "cb_wait", unit: "dur", value: (r) => r.callbacks.avg_wait_ms, formula: "callbacks" },
];

/** @param {{ list: any[] }} p */
const Promises = ({ list }) => html`<table class="list cb">
  <thead><tr><th>${t("reports.asked1")}</th><th>${t("qa.number")}</th><th>${t("qa.queue")}</th><th class="n">${t("reports.tries")}</th><th>${t("qa.outcome")}</th><th>${t("reports.next")}</th><th>${t("reports.until")}</th><th>${t("qa.agent")}</th></tr></thead>
  <tbody>${list.map((c) => html`<tr key=${c.id}><td class="nw">${c.contact ? html`<a class="fig" href=${"/qa?id=" + encodeURIComponent(c.contact)}>${dayTime(c.asked)}</a>` : dayTime(c.asked)}</td><td class="cut">${number(c.number || c.from?.number)}</td><td class="cut">${names.queue(c.queue)}</td><td class="n">${num(c.tries)}</td>
    <td>${c.result ? code("promise", c.result) : t("reports.taskOpen")}</td><td class="nw">${c.next ? dayTime(c.next) : html`<span class="d">${DASH}</span>`}</td><td class="nw">${c.expires ? dayTime(c.expires) : html`<span class="d">${DASH}</span>`}</td><td class="cut">${c.agent ? names.agent(c.agent) : ""}</td></tr>`)}</tbody>
</table>`;

export const View = () => {
  const { queue } = asked.value;
  const e = earlierSpan();
  const got = useReport(address("queues"));
  const old = useReport(e ? address("queues", {}, e) : "");
  const open = useReport(may("see_tasks") ? `/callbacks?state=open&limit=500${queue ? "&queue=" + encodeURIComponent(queue) : ""}` : "");
  return html`<${Part} name=${t("reports.callbacks")} note=${t("reports.callbacksNote")}>
      <${Got} of=${got}>${(/** @type {any} */ d) => html`<${Table} label=${t("reports.callbacks")} columns=${columns} rows=${d.rows.filter((/** @type {any} */ r) => !queue || r.queue === queue)} id=${(/** @type {any} */ r) => r.queue} total=${!queue && d.totals[0]}
        before=${e && matched([...d.rows, ...d.totals], old.data && [...old.data.rows, ...old.data.totals], (r) => r.queue ?? "")} empty=${t("reports.none")} />`}<//>
    <//>
    ${may("see_tasks") && html`<${Part} name=${t("reports.openPromises")} note=${open.data && num(open.data.length)}><${Got} of=${open}>${(/** @type {any} */ list) => (list.length ? html`<${Promises} list=${list} />` : html`<p class="m none">${t("reports.noPromises")}</p>`)}<//><//>`}`;
};
