// Queues: their course, every figure by queue or by interval, and the waits second by second.
import { html } from "../shared/lib.js";
import { t } from "../shared/text.js";
import { asked, address, span, earlierSpan, useReport } from "./source.js";
import { Got, Part } from "./parts.js";
import { Table, Ways } from "./table.js";
import { columns, sets, queueName, queueRules, timeName, off } from "./queuecols.js";
import { matched } from "./beside.js";
import { Chart } from "./chart.js";
import { Curve } from "./curve.js";

/** The earlier row of a row, that of all queues too. @param {any} d @param {any} old */
function beside(d, old) {
  const name = (/** @type {any} */ r) => r.queue ?? "";
  return matched([...d.rows, ...d.totals], old && [...old.rows, ...old.totals], name);
}

export const View = () => {
  const { interval, queue, by, more } = asked.value;
  const set = sets.includes(more.cols) ? more.cols : sets[0];
  const times = more.rows === "time";
  const earlier = earlierSpan();
  const whole = { by, queue: "" };
  const cut = { by, queue, interval };
  const course = useReport(address("queues", cut));
  const before = useReport(earlier ? address("queues", cut, earlier) : "");
  const all = useReport(times ? "" : address("queues", whole));
  const old = useReport(times || !earlier ? "" : address("queues", whole, earlier));
  const shown = times ? course : all;
  const file = address("queues", times ? cut : whole);
  return html`<${Got} of=${course}>${(/** @type {any} */ d) => html`<${Chart} rows=${queue ? d.rows : d.totals} before=${earlier && before.data ? (queue ? before.data.rows : before.data.totals) : undefined}
      interval=${interval} from=${span().from} to=${span().to} name=${t("reports.course")} />`}<//>
    <${Part} name=${times ? t("reports.byTime") : t("reports.queues")} note=${t("reports.identity")} file=${file}
      right=${html`<${Ways} field="rows" kind="rows" options=${["queue", "time"]} value=${times ? "time" : "queue"} /><${Ways} field="cols" kind="cols" options=${sets} value=${set} />`}>
      <${Got} of=${shown}>${(/** @type {any} */ d) => html`<${Table} label=${t("reports.queues")} rows=${times ? (queue ? d.rows : d.totals) : d.rows.filter((/** @type {any} */ r) => !queue || r.queue === queue)}
        columns=${[times ? timeName : set === "levels" ? queueRules : queueName, ...columns(set)]} id=${(/** @type {any} */ r) => r.start + (r.queue ?? "")} total=${!times && !queue && d.totals[0]}
        before=${earlier && beside(d, (times ? before : old).data)} cls=${off} empty=${t("reports.none")} />`}<//>
    <//>
    <${Curve} />`;
};
