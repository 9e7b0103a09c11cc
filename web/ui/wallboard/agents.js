// The agents by state, and by name who is over time.
import { html } from "../shared/lib.js";
import { t, code } from "../shared/text.js";
import { dur, num } from "../shared/format.js";
import { now } from "../shared/live.js";
import { State } from "../shared/parts.js";
import { reasonWord } from "../shared/reasons.js";

const order = ["ready", "ringing", "talking", "held", "wrap_up", "not_ready", "over", "signed_out", "unknown"];

/** States that the wall counts with another. @type {Record<string, string>} */
const asOther = { reserved: "ringing", consulting: "talking", conference: "talking", outbound: "talking" };

/** What an agent is shown as: each one once. @param {any} a */
const look = (a) => (a.over ? "over" : asOther[a.state] ?? (order.includes(a.state) ? a.state : "unknown"));

/** How long over the allowance. @param {any} a */
const overBy = (a) => Math.max(0, now.value - Date.parse(a.since) - a.allowance_ms);

/** @param {{ view: any, tall: boolean }} p  tall: there is room for large figures */
export const Agents = ({ view, tall }) => {
  /** @type {Record<string, number>} */
  const counts = Object.fromEntries(order.map((s) => [s, 0]));
  for (const a of view.agents) counts[look(a)]++;
  const shown = order.filter((s) => s !== "unknown" || counts[s] > 0);
  const over = view.agents.filter((/** @type {any} */ a) => a.over).sort((/** @type {any} */ a, /** @type {any} */ b) => overBy(b) - overBy(a));
  return html`<section aria-label=${t("wall.agentsLabel")}>
    <div class="cap"><b>${t("wall.agents", { n: num(view.agent_states.signed_in) })}</b></div>
    <div class="mix" aria-hidden="true">${shown.map((s) => counts[s] > 0 && html`<i class=${"st-" + s} style=${{ flexGrow: counts[s] }}></i>`)}</div>
    <ul class=${`sts ${shown.length > 8 ? "five" : ""} ${tall ? "tall" : ""}`}>
      ${shown.map((s) => html`<li><${State} state=${s} over=${s === "over"} /><b class=${counts[s] === 0 ? "z" : counts[s] > 99 ? "wide" : ""}>${num(counts[s])}</b></li>`)}
    </ul>
    <div class="ovl">${over.map((/** @type {any} */ a) => html`<${State} state=${a.state} over=${true} word=${`${a.name} ${a.reason ? reasonWord(a.reason) : code("state", a.state)}`}> <b>+${dur(overBy(a))}</b></${State}>`)}</div>
  </section>`;
};
