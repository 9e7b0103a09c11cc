// The agents by state, and by name who is over time.
import { html } from "../shared/lib.js";
import { t, code } from "../shared/text.js";
import { dur, num } from "../shared/format.js";
import { now } from "../shared/live.js";
import { State } from "../shared/parts.js";
import { reasonWord } from "../shared/reasons.js";

const order = ["ready", "ringing", "talking", "held", "wrap_up", "not_ready", "over", "signed_out", "unknown"];

/** How long over the allowance. @param {any} a */
const overBy = (a) => Math.max(0, now.value - Date.parse(a.since) - a.allowance_ms);

/** @param {{ states: any, title: string, width: number, height: number, names: boolean }} p */
export const Agents = ({ states, title, width, height, names }) => {
  const counts = order.map((s) => ({ s, n: states.counts[s] ?? 0 })).filter(({ s, n }) => s !== "unknown" || n > 0);
  const columns = Math.max(2, Math.min(counts.length > 8 ? 5 : 4, Math.floor(width / 176)));
  const rows = Math.ceil(counts.length / columns);
  const cell = Math.floor((height - 84 - (names ? 42 : 0)) / rows);
  const tall = cell >= 110;
  const figure = Math.max(28, Math.min(tall ? cell * 0.5 : cell * 0.74, 46 + Math.max(0, cell - 100) * 0.5, width / columns / 3.6));
  const over = [...states.over].sort((/** @type {any} */ a, /** @type {any} */ b) => overBy(b) - overBy(a));
  return html`<section class="agents" aria-label=${title || t("wall.agentsLabel")}>
    <div class="cap"><b>${title ? `${title} ${num(states.signed_in)}` : t("wall.agents", { n: num(states.signed_in) })}</b></div>
    <div class="mix" aria-hidden="true">${counts.map(({ s, n }) => n > 0 && html`<i class=${"st-" + s} style=${{ flexGrow: n }}></i>`)}</div>
    <ul class=${tall ? "sts tall" : "sts"} style=${{ gridTemplateColumns: `repeat(${columns},minmax(0,1fr))`, "--cell": cell, "--fig": figure }}>
      ${counts.map(({ s, n }) => html`<li><${State} state=${s} over=${s === "over"} /><b class=${n === 0 ? "z" : ""}>${num(n)}</b></li>`)}
    </ul>
    ${names && html`<div class="ovl">${over.map((a) => html`<${State} state=${a.state} over=${true} word=${`${a.name} ${a.reason ? reasonWord(a.reason) : code("state", a.state)}`}> <b>+${dur(overBy(a))}</b></${State}>`)}</div>`}
  </section>`;
};
