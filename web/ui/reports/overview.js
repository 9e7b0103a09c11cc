// The overview: the monthly sheet, the course of the calls, queues, wrap-up codes and agents on one page.
import { html } from "../shared/lib.js";
import { t } from "../shared/text.js";
import { asked, address, span, earlierSpan, useReport } from "./source.js";
import { Got, Part } from "./parts.js";
import { Chart } from "./chart.js";
import { Sheet, verdict, monthShown, yearOf } from "./sheet.js";
import { Table } from "./table.js";
import { columns, queueName, off } from "./queuecols.js";
import { agentColumns, agentName } from "./agentcols.js";
import { matched } from "./beside.js";
import { Codes } from "./codes.js";

const few = ["queue", "requested", "offered", "answered", "abandoned", "level", "v1", "v2", "v3", "v3_offered", "v4", "v5", "v6", "cn20", "abandon", "asa", "p95"];
const some = ["signed_in", "bar", "answered", "talk", "acw", "aht", "occupancy", "missed", "out_calls"];

export const View = () => {
  const { interval, queue, by } = asked.value;
  const month = monthShown();
  const e = earlierSpan();
  const queues = useReport(address("queues", { by }));
  const old = useReport(e ? address("queues", { by }, e) : "");
  const course = useReport(address("queues", { interval, queue, by }));
  const past = useReport(e ? address("queues", { interval, queue, by }, e) : "");
  const agents = useReport(address("agents"));
  const oldAgents = useReport(e ? address("agents", {}, e) : "");
  const sheet = useReport("/reports/kpi?month=" + month);
  const year = useReport(yearOf(month));
  const name = queue && queues.data?.rows.find((/** @type {any} */ r) => r.queue === queue)?.name;
  const rows = (/** @type {any} */ d) => (queue ? d.rows : d.totals);
  return html`<div class="over">
    <${Part} cls="left" name=${t("reports.sheet", { month })} note=${sheet.data && verdict(sheet.data)} file=${"/reports/kpi?month=" + month} right=${sheet.data && !sheet.data.final && html`<span class="chip">${t("reports.notFinal")}</span>`}>
      <${Got} of=${sheet}>${(/** @type {any} */ d) => html`<${Sheet} kpi=${d} year=${year.data ?? { totals: [] }} />`}<//>
    <//>
    <div class="rt">
      <${Got} of=${course}>${(/** @type {any} */ d) => html`<${Chart} rows=${rows(d)} before=${past.data && rows(past.data)} interval=${interval} from=${span().from} to=${span().to} name=${name ? t("reports.courseOf", { queue: name }) : t("reports.course")} />`}<//>
      <${Part} name=${t("reports.queues")} file=${address("queues", { by })}>
        <${Got} of=${queues}>${(/** @type {any} */ d) => html`<${Table} label=${t("reports.queues")} rows=${d.rows} columns=${[queueName, ...columns("counts").filter((c) => few.includes(c.id))]} id=${(/** @type {any} */ r) => r.queue} total=${d.totals[0]} before=${e && matched([...d.rows, ...d.totals], old.data && [...old.data.rows, ...old.data.totals], (r) => r.queue ?? "")} cls=${off} empty=${t("reports.none")} />`}<//>
      <//>
      ${queues.data && html`<${Codes} report=${queues.data} />`}
    </div>
    <${Part} cls="wide" name=${t("reports.agents")} note=${agents.data && t("reports.agentsCount", { n: agents.data.rows.filter((/** @type {any} */ r) => r.signed_in_ms > 0).length })} file=${address("agents")}>
      <${Got} of=${agents}>${(/** @type {any} */ d) => html`<${Table} label=${t("reports.agents")} rows=${d.rows} columns=${[agentName, ...agentColumns("calls").filter((c) => some.includes(c.id))]} id=${(/** @type {any} */ r) => r.agent} before=${e && matched(d.rows, oldAgents.data?.rows, (r) => r.agent)} empty=${t("reports.noAgents")} />`}<//>
    <//>
  </div>`;
};
