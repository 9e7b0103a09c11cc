// Teams: the sums of their agents, by team or by interval.
import { html } from "../shared/lib.js";
import { t } from "../shared/text.js";
import { asked, address, earlierSpan, place, useReport } from "./source.js";
import { Got, Part } from "./parts.js";
import { Table, Ways } from "./table.js";
import { agentColumns, agentSets } from "./agentcols.js";
import { timeName } from "./queuecols.js";
import { matched } from "./beside.js";

/** @type {import("./table.js").Column} */
const teamName = {
  id: "team", width: "name", value: (r) => r.name || r.team,
  show: (r) => (r.team ? html`<a class="fig" href=${place({ view: "agents", team: r.team, cols: "", rows: "", sort: "" })}>${r.name || r.team}</a>` : html`<span class="d">${t("reports.noTeam")}</span>`),
};

/** @type {import("./table.js").Column[]} */
const own = [
  { id: "agents", unit: "n", value: (r) => r.agents },
  { id: "calls_per_agent", unit: "n", value: (r) => r.calls_per_agent },
  { id: "calls_per_hour", unit: "n", value: (r) => r.calls_per_hour },
];

/** @param {any} r */
const key = (r) => r.start + r.team;

export const View = () => {
  const { interval, team, more } = asked.value;
  const set = agentSets.includes(more.cols) ? more.cols : agentSets[0];
  const times = more.rows === "time";
  const earlier = earlierSpan();
  const q = { team, ...(times ? { interval } : {}) };
  const got = useReport(address("teams", q));
  const old = useReport(earlier ? address("teams", q, earlier) : "");
  return html`<${Part} name=${t("reports.teams")} file=${address("teams", q)}
    right=${html`<${Ways} field="rows" kind="rows" options=${["team", "time"]} value=${times ? "time" : "team"} /><${Ways} field="cols" kind="cols" options=${agentSets} value=${set} />`}>
    <${Got} of=${got}>${(/** @type {any} */ d) => html`<${Table} label=${t("reports.teams")} rows=${d.rows} columns=${[...(times ? [timeName] : []), teamName, ...(set === "calls" ? own : []), ...agentColumns(set).filter((c) => set !== "calls" || !["hold", "ring_rejected", "out_calls"].includes(c.id))]} id=${key}
      before=${earlier && matched(d.rows, old.data?.rows, (r) => r.team)} empty=${t("reports.noAgents")} />`}<//>
  <//>`;
};
