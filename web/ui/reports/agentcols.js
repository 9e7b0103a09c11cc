// The columns of the agent report, which teams share.
import { html } from "../shared/lib.js";
import { code } from "../shared/text.js";
import { dur } from "../shared/format.js";
import { asked, ask } from "./source.js";

/** @typedef {import("./table.js").Column} Column */

export const legend = ["talking", "held", "wrap_up", "ringing", "ready", "not_ready"];
const states = ["talking", "consulting", "conference", "held", "wrap_up", "ringing", "reserved", "outbound", "ready", "not_ready", "unknown"];

/** Time by state as one bar: work filled, the rest outlined. @param {{ r: any }} p */
export const Bar = ({ r }) => {
  const parts = states.filter((s) => r.states[s + "_ms"] > 0).map((s) => ({ s, ms: r.states[s + "_ms"], word: `${code("state", s)} ${dur(r.states[s + "_ms"])}` }));
  return html`<span class="sb" role="img" aria-label=${parts.map((p) => p.word).join(", ")}>${parts.map((p) => html`<i class=${"st-" + p.s} title=${p.word} style=${{ flexGrow: String(p.ms) }}></i>`)}</span>`;
};

/** @param {any} r */
const of = (r) => ({ agent: r.agent ?? "", team: r.agent ? "" : r.team, from: r.start, to: r.end });

/** Those of no team have no list of their own. @param {any} r @param {string} figure */
const drill = (r, figure) => (r.agent || r.team ? { figure, ...of(r) } : null);

/** @param {string} id @param {string} figure @param {(r: any) => number} value @param {Partial<Column>} [more] @returns {Column} */
const count = (id, figure, value, more) => ({ id, unit: "n", value, drill: (r) => drill(r, figure), ...more });

/** @param {string} id @param {string} field @returns {Column} */
const mean = (id, field) => ({ id, unit: "s", formula: id, value: (r) => r[field] });

/** @param {string} id @returns {Column} */
const time = (id) => ({ id: "in_" + id, unit: "dur", width: "long", value: (r) => r.states[id + "_ms"] });

/** @param {string} id @param {(r: any) => number | null | undefined} value @returns {Column} */
const share = (id, value) => ({ id, unit: "ratio", formula: id, value });

/** @param {any} r */
const pick = (r) => ask({ agent: asked.value.agent === r.agent ? "" : r.agent, rows: asked.value.agent === r.agent ? "" : "time" });

/** @type {Column} */
export const agentName = {
  id: "agent", width: "name", value: (r) => r.name || r.agent,
  show: (r) => html`<button class="pick" aria-pressed=${asked.value.agent === r.agent} onClick=${() => pick(r)}>${r.name}</button> <span class="d">${r.agent}</span>`,
};

/** Missed rings, each cause for itself. */
const rings = ["answered", "no_answer", "rejected", "unreachable", "busy", "caller_gone", "elsewhere"].map((x) => count("ring_" + x, "agent rings." + x, (r) => r.rings[x]));

export const agentSets = ["calls", "times", "rings", "more"];

/** @param {string} set @returns {Column[]} */
export function agentColumns(set) {
  /** @type {Column} */
  const signed = { id: "signed_in", unit: "dur", width: "long", value: (r) => r.signed_in_ms };
  const occupancy = { ...share("occupancy", (r) => r.occupancy), strong: true };
  switch (set) {
    case "times":
      return [signed, { id: "bar", width: "bar", show: (r) => r.signed_in_ms > 0 && html`<${Bar} r=${r} />` }, ...["ready", "ringing", "talking", "held", "wrap_up", "not_ready", "outbound"].map(time), { id: "planned", unit: "dur", width: "long", value: (r) => r.planned_ms }, { ...share("adherence", (r) => r.adherence), strong: true }, occupancy, share("occupancy_inbound", (r) => r.occupancy_inbound), share("handle_over_login", (r) => r.handle_over_login), share("staffed_over_login", (r) => r.staffed_over_login)];
    case "rings":
      return [...rings, share("rona", (r) => r.rona.ratio), { id: "ring", unit: "dur", width: "long", value: (r) => r.ring_ms }];
    case "more":
      return [
        count("transfers", "transfer done", (r) => r.transfers.blind + r.transfers.attended), count("to_agent", "transfer to_agent", (r) => r.transfers.to_agent), count("to_queue", "transfer to_queue", (r) => r.transfers.to_queue), count("to_number", "transfer to_number", (r) => r.transfers.to_number), count("failed", "transfer failed", (r) => r.transfers.failed), share("transfer_rate", (r) => r.transfers.rate),
        count("out_calls", "own calls", (r) => r.outbound.calls), count("out_reached", "own reached", (r) => r.outbound.reached), { id: "out_talk", unit: "dur", width: "long", value: (r) => r.outbound.talk_ms }, { id: "internal", unit: "dur", value: (r) => r.outbound.internal_talk_ms },
        count("invited", "survey invited", (r) => r.survey.invited), count("rated", "survey answered", (r) => r.survey.answered), { id: "score", unit: "n", value: (r) => r.survey.avg_score }, count("codes_missing", "code missing", (r) => r.codes.missing),
      ];
  }
  return [
    signed, { id: "bar", width: "bar", show: (r) => r.signed_in_ms > 0 && html`<${Bar} r=${r} />` },
    count("answered", "agent answered", (r) => r.answered, { strong: true }), count("handled", "agent handled", (r) => r.handled),
    mean("talk", "avg_talk_ms"), mean("hold", "avg_hold_ms"), mean("acw", "avg_acw_ms"), mean("aht", "aht_ms"), occupancy,
    count("missed", "agent rings.no_answer", (r) => r.rings.no_answer), count("ring_rejected", "agent rings.rejected", (r) => r.rings.rejected), count("out_calls", "own calls", (r) => r.outbound.calls),
  ];
}
