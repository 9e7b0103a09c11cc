// The bar above a view: what it is asked for, as of when it is.
import { html } from "../shared/lib.js";
import { t, code } from "../shared/text.js";
import { clock } from "../shared/format.js";
import { names } from "../qa/names.js";
import { asked, ask, reload, stand, intervals, attributions, definitions, earlierSpan } from "./source.js";
import { periods, compares } from "./span.js";
import { views } from "./views.js";

/** @param {{ field: string, name: string, all?: string, options: [string, string][], value: string }} p */
const Choice = ({ field, name, all, options, value }) => html`<label>${name}<select class=${all && value ? "set" : ""} value=${value} onChange=${(/** @type {any} */ e) => ask({ [field]: e.target.value })}>
  ${all && html`<option value="" selected=${!value}>${all}</option>`}${options.map(([id, word]) => html`<option value=${id} selected=${id === value}>${word}</option>`)}
</select></label>`;

const Period = () => {
  const a = asked.value;
  return html`<span class="seg">${periods.map((p) => html`<button class=${"btn" + (a.period === p ? " on" : "")} aria-pressed=${a.period === p} onClick=${() => ask({ period: p, from: "", to: "", interval: "" })}>${code("period", p)}</button>`)}</span>
    <input type="date" aria-label=${t("reports.from")} value=${a.from} max=${a.to} onChange=${(/** @type {any} */ e) => e.target.value && ask({ period: "", from: e.target.value, to: a.to < e.target.value ? e.target.value : a.to })} />
    <span class="d">–</span>
    <input type="date" aria-label=${t("reports.to")} value=${a.to} min=${a.from} onChange=${(/** @type {any} */ e) => e.target.value && ask({ period: "", from: a.from, to: e.target.value })} />`;
};

/** @returns {[string, string][]} */
function teams() {
  const found = new Set(names.agents.value.map((a) => /** @type {any} */ (a).team).filter((x) => x));
  return [...found].sort().map((x) => [x, x]);
}

const known = () => {
  const a = asked.value;
  /** @type {Record<string, () => any>} */
  const controls = {
    period: () => html`<${Period} />`,
    interval: () => html`<${Choice} field="interval" name=${t("reports.interval")} value=${a.interval} options=${intervals.map((i) => [i, code("interval", i)])} />`,
    queue: () => html`<${Choice} field="queue" name=${t("reports.queue")} all=${t("reports.everyQueue")} value=${a.queue} options=${names.queues.value.map((q) => [q.id, q.name || q.id])} />`,
    team: () => html`<${Choice} field="team" name=${t("reports.team")} all=${t("reports.everyTeam")} value=${a.team} options=${teams()} />`,
    agent: () => html`<${Choice} field="agent" name=${t("reports.agent")} all=${t("reports.everyAgent")} value=${a.agent} options=${names.agents.value.map((x) => [x.id, names.agent(x.id)])} />`,
    by: () => html`<${Choice} field="by" name=${t("reports.by")} value=${a.by} options=${attributions.map((x) => [x, code("by", x)])} />`,
    def: () => html`<${Choice} field="def" name=${t("reports.def")} value=${a.def} options=${definitions.map((x) => [x, code("def", x)])} />`,
    compare: () => html`<${Choice} field="compare" name=${t("reports.compare")} all=${t("reports.noCompare")} value=${a.compare} options=${compares.map((x) => [x, code("compare", x)])} />`,
  };
  return controls;
};

export const Filters = () => {
  const a = asked.value;
  const entry = views.find((v) => v.id === a.view);
  const controls = known();
  if (!entry?.filters.length) return null;
  return html`<div class="flt noprint" role="search" aria-label=${t("reports.asked")}>
    ${entry?.filters.map((f) => html`<span class=${"f f-" + f} key=${f}>${controls[f]()}</span>`)}
    ${earlierSpan()?.cut && entry?.filters.includes("compare") && html`<span class="chip">${t("reports.soFar")}</span>`}
  </div>`;
};

/** As of when the view is, and what can be done with all of it. */
export const Stand = () => {
  const s = stand.value;
  return html`<span class="stand">
    ${s && html`<span class="m" role="status">${t("reports.asOf", { at: clock(s.asOf) })}</span>`}
    ${s?.restated && html`<span class="chip">${t("reports.restated")}</span>`}
    <button class="btn" onClick=${reload}>${t("reports.reload")} <kbd>R</kbd></button>
    <button class="btn" onClick=${() => print()}>${t("reports.print")} <kbd>P</kbd></button>
  </span>`;
};
