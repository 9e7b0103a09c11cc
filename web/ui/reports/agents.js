// Agents: what each did, by agent or by interval; states as bars, rings by how they ended.
import { html, Glyph } from "../shared/lib.js";
import { t, code } from "../shared/text.js";
import { asked, address, earlierSpan, useReport } from "./source.js";
import { Got, Part } from "./parts.js";
import { Table, Ways } from "./table.js";
import { agentColumns, agentName, agentSets, legend } from "./agentcols.js";
import { matched } from "./beside.js";
import { timeName } from "./queuecols.js";

/** @param {any} r */
const key = (r) => r.start + r.agent;

export const View = () => {
  const { interval, team, agent, more } = asked.value;
  const set = agentSets.includes(more.cols) ? more.cols : agentSets[0];
  const times = more.rows === "time";
  const earlier = earlierSpan();
  const ask = { team, agent, ...(times ? { interval } : {}) };
  const got = useReport(address("agents", ask));
  const old = useReport(earlier ? address("agents", ask, earlier) : "");
  return html`<${Part} name=${t("reports.agents")} note=${got.data && t("reports.agentsCount", { n: new Set(got.data.rows.filter((/** @type {any} */ r) => r.signed_in_ms > 0).map((/** @type {any} */ r) => r.agent)).size })} file=${address("agents", ask)}
    right=${html`${set === "times" && legend.map((s) => html`<span class=${"st st-" + s + " still"}><${Glyph} name=${s} />${code("state", s)}</span>`)}
      <${Ways} field="rows" kind="rows" options=${["agent", "time"]} value=${times ? "time" : "agent"} /><${Ways} field="cols" kind="cols" options=${agentSets} value=${set} />`}>
    <${Got} of=${got}>${(/** @type {any} */ d) => html`<${Table} label=${t("reports.agents")} rows=${times ? d.rows.filter((/** @type {any} */ r) => r.signed_in_ms > 0 || r.answered || r.handled) : d.rows}
      columns=${[...(times ? [timeName] : []), agentName, ...agentColumns(set)]} id=${key} before=${earlier && matched(d.rows, old.data?.rows, (r) => r.agent)} empty=${t("reports.noAgents")} />`}<//>
  <//>`;
};
