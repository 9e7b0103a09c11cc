// The most calls and waiting callers at once, and when that was.
import { html } from "../shared/lib.js";
import { t } from "../shared/text.js";
import { dayMinute } from "../shared/format.js";
import { asked, address, useReport } from "./source.js";
import { Got, Part } from "./parts.js";
import { Table } from "./table.js";
import { timeName } from "./queuecols.js";
import { Lines } from "./lines.js";

export const View = () => {
  const { interval, queue } = asked.value;
  const path = address("peaks", { interval, queue });
  const got = useReport(path);
  /** @type {import("./table.js").Column[]} */
  const columns = [
    timeName,
    { id: "queue", width: "name", value: (r) => r.name || r.queue, show: (r) => r.name || r.queue || html`<span class="d">${t("chart.all")}</span>` },
    { id: "calls", head: t("chart.callsAtOnce"), unit: "n", formula: "peak_calls", strong: true, value: (r) => r.calls?.peak, drill: (r) => ({ figure: "peak calls", from: r.start, to: r.end, cell: { moment: r.calls?.at ?? "" } }) },
    { id: "calls_at", head: t("chart.peakAt"), width: "time", value: (r) => r.calls?.at, show: (r) => dayMinute(r.calls?.at) },
    { id: "waiting", head: t("chart.waitingAtOnce"), unit: "n", formula: "peak_waiting", strong: true, value: (r) => r.waiting.peak, drill: (r) => ({ figure: "peak waiting", queue: r.queue, from: r.start, to: r.end, cell: { moment: r.waiting.at ?? "" } }) },
    { id: "waiting_at", head: t("chart.peakAt"), width: "time", value: (r) => r.waiting.at, show: (r) => dayMinute(r.waiting.at) },
  ];
  return html`<${Part} name=${t("view.peaks")} file=${path}><${Got} of=${got}>${(/** @type {any} */ d) => {
    const all = d.rows.filter((/** @type {any} */ r) => r.queue === queue);
    return html`${all.length > 1 && html`<${Lines} name=${t("view.peaks")} steps=${true} x=${all.map((/** @type {any} */ _, /** @type {number} */ i) => i)} label=${(/** @type {number} */ i) => all[i]?.label.slice(5, /[dwMy]/.test(interval) ? 10 : 16).replace("T", " ") ?? ""} show=${(/** @type {any} */ v) => String(v ?? "—")} lines=${[
      { name: t("chart.callsAtOnce"), values: all.map((/** @type {any} */ r) => r.calls?.peak ?? null), kind: "thin" },
      { name: t("chart.waitingAtOnce"), values: all.map((/** @type {any} */ r) => r.waiting.peak), kind: "solid" },
    ]} />`}<${Table} label=${t("view.peaks")} rows=${d.rows} columns=${columns} id=${(/** @type {any} */ r) => r.start + r.queue} empty=${t("chart.nothing")} />`;
  }}<//><//>`;
};
