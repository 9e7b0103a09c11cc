// The use of trunks: calls in and out, refused and failed, at once, and in Erlang.
import { html } from "../shared/lib.js";
import { t } from "../shared/text.js";
import { dayMinute, DASH } from "../shared/format.js";
import { asked, address, useReport } from "./source.js";
import { Got, Part } from "./parts.js";
import { Table, Ways } from "./table.js";
import { timeName } from "./queuecols.js";

export const View = () => {
  const { interval, more } = asked.value;
  const times = more.rows === "time";
  const path = address("trunks", times ? { interval } : {});
  const got = useReport(path);
  const asOf = Date.parse(got.data?.as_of ?? "");
  const lasted = (/** @type {any} */ r) => Math.min(Date.parse(r.end), asOf || Infinity) - Date.parse(r.start);
  const drill = (/** @type {string} */ figure) => (/** @type {any} */ r) => ({ figure, from: r.start, to: r.end, cell: { id: r.trunk, moment: figure === "trunk up" ? r.peak_at : "" } });
  /** @type {import("./table.js").Column[]} */
  const columns = [
    { id: "trunk", head: t("chart.trunk"), width: "name", value: (r) => r.trunk, show: (r) => r.trunk || html`<span class="d">${t("chart.unknownTrunk")}</span>` },
    { id: "requested", head: t("chart.requested"), unit: "n", formula: "trunk_requested", value: (r) => r.requested },
    { id: "blocked", head: t("chart.blocked"), unit: "n", formula: "trunk_blocked", value: (r) => r.blocked },
    { id: "in", head: t("chart.in"), unit: "n", formula: "trunk_in", value: (r) => r.in, drill: drill("trunk in") },
    { id: "out", head: t("chart.out"), unit: "n", formula: "trunk_out", value: (r) => r.out, drill: drill("trunk out") },
    { id: "refused", head: t("chart.refused"), unit: "n", formula: "trunk_refused", value: (r) => r.refused, drill: drill("trunk refused") },
    { id: "failed", head: t("chart.failed"), unit: "n", formula: "trunk_failed", value: (r) => r.failed, drill: drill("trunk failed") },
    { id: "busy", head: t("chart.busy"), unit: "dur", formula: "trunk_busy", value: (r) => r.busy_ms },
    { id: "erlang", head: t("chart.erlang"), unit: "n", formula: "trunk_busy", value: (r) => r.busy_ms / lasted(r), show: (r) => (lasted(r) > 0 ? (r.busy_ms / lasted(r)).toFixed(2) : DASH) },
    { id: "peak", head: t("chart.peak"), unit: "n", formula: "trunk_peak", strong: true, value: (r) => r.peak, drill: drill("trunk up") },
    { id: "peak_at", head: t("chart.peakAt"), width: "time", value: (r) => r.peak_at, show: (r) => dayMinute(r.peak_at) },
  ];
  return html`<${Part} name=${t("view.trunks")} file=${path} right=${html`<${Ways} field="rows" kind="rows" options=${["trunk", "time"]} value=${times ? "time" : "trunk"} />`}>
    <${Got} of=${got}>${(/** @type {any} */ d) => html`<${Table} label=${t("view.trunks")} rows=${d.rows} columns=${[...(times ? [timeName] : []), ...columns]} id=${(/** @type {any} */ r) => r.start + r.trunk} empty=${t("chart.nothing")} />`}<//>
  <//>`;
};
