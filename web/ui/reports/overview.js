// The overview: the monthly sheet, the course of the calls, queues, wrap-up codes and agents on one page.
import { html } from "../shared/lib.js";
import { t } from "../shared/text.js";
import { asked, address, span, useReport } from "./source.js";
import { Got } from "./parts.js";
import { Chart } from "./chart.js";
import { Sheet, Queues, Agents } from "./tables.js";
import { Codes } from "./codes.js";

export const View = () => {
  const { interval, queue, from } = asked.value;
  const queues = useReport(address("queues"));
  const course = useReport(address("queues", { interval, queue }));
  const agents = useReport(address("agents"));
  const sheet = useReport("/reports/kpi?month=" + from.slice(0, 7));
  const name = queue && queues.data?.rows.find((/** @type {any} */ r) => r.queue === queue)?.name;
  return html`<div class="over">
    <${Got} of=${sheet}>${(/** @type {any} */ d) => html`<${Sheet} kpi=${d} />`}<//>
    <div class="rt">
      <${Got} of=${course}>${(/** @type {any} */ d) => html`<${Chart} rows=${queue ? d.rows : d.totals} interval=${interval} from=${span().from} to=${span().to} name=${name ? t("reports.courseOf", { queue: name }) : t("reports.course")} />`}<//>
      <${Got} of=${queues}>${(/** @type {any} */ d) => html`${d.totals[0]?.requested === 0 && html`<p class="m none">${t("reports.none")}</p>`}<${Queues} report=${d} /><${Codes} report=${d} />`}<//>
    </div>
    <${Got} of=${agents}>${(/** @type {any} */ d) => html`<${Agents} report=${d} />`}<//>
  </div>`;
};
