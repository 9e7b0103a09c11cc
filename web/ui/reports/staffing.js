// How many people a load needs: Erlang A where callers have patience, Erlang C where they have none to lose, Erlang B for lines.
import { html } from "../shared/lib.js";
import { t, code } from "../shared/text.js";
import { num, pct, dur, DASH } from "../shared/format.js";
import { asked, ask, useReport } from "./source.js";
import { Got, Part } from "./parts.js";
import { Lines } from "./lines.js";

/** The fields, what they are unless the address says otherwise, and how the API takes them. @type {[string, number, number, (v: number) => [string, string]][]} */
const fields = [
  ["calls", 100, 1e6, (v) => ["calls", String(v)]],
  ["minutes", 30, 1440, (v) => ["interval", `${v}m`]],
  ["aht", 240, 36000, (v) => ["aht", `${v}s`]],
  ["patience", 180, 36000, (v) => ["patience", v ? `${v}s` : ""]],
  ["within", 20, 3600, (v) => ["within", `${v}s`]],
  ["ratio", 80, 99.9, (v) => ["ratio", String(v / 100)]],
  ["busy", 85, 100, (v) => ["occupancy", v ? String(v / 100) : ""]],
  ["away", 30, 95, (v) => ["shrinkage", v ? String(v / 100) : ""]],
  ["there", 0, 1e5, (v) => ["agents", v ? String(v) : ""]],
  ["lines", 0, 1e5, (v) => ["lines", v ? String(v) : ""]],
];

/** @param {string} field @param {number} or @param {number} most */
function value(field, or, most) {
  const text = asked.value.more[field];
  const v = Number(text);
  return text && v >= 0 && v <= most ? v : or;
}

const Form = () => html`<form class="staff" onSubmit=${(/** @type {Event} */ e) => e.preventDefault()}>
  ${fields.map(([f, or, most]) => html`<label>${code("staffing", f)}<span><input type="number" min="0" max=${most} step="any" value=${value(f, or, most)} onChange=${(/** @type {any} */ e) => ask({ [f]: e.target.value || "0" })} /><i class="d">${code("staffing.unit", f)}</i></span></label>`)}
</form>`;

/** @param {number | null | undefined} ms */
const time = (ms) => (ms === null || ms === undefined ? t("staffing.endless") : dur(ms));

/** @param {{ r: any }} p */
const Result = ({ r }) => html`<dl class="big">
  <div><dt>${t("staffing.agents")}</dt><dd>${num(r.agents)}</dd><dd class="d">${r.agents > r.for_level ? t("staffing.forLevel", { n: num(r.for_level) }) : ""}</dd></div>
  <div><dt>${t("staffing.scheduled")}</dt><dd>${num(r.scheduled)}</dd><dd class="d">${t("staffing.scheduledWhy")}</dd></div>
  <div><dt>${t("staffing.level")}</dt><dd>${pct(r.result.level)} %</dd><dd class="d">${t("staffing.oneLess", { n: pct(r.one_less.level) })}</dd></div>
  <div><dt>${t("staffing.asa")}</dt><dd>${time(r.result.asa_ms)}</dd><dd class="d">${t("staffing.waits", { n: pct(r.result.waits) })}</dd></div>
  <div><dt>${t("staffing.occupancy")}</dt><dd>${pct(r.result.occupancy)} %</dd><dd class="d">${t("staffing.load", { n: r.erlangs.toFixed(2) })}</dd></div>
  <div><dt>${t("staffing.abandoned")}</dt><dd>${r.model === "erlang_a" ? pct(r.result.abandoned) + " %" : DASH}</dd><dd class="d">${code("staffing", r.model)}</dd></div>
  ${r.lines && html`<div><dt>${t("staffing.lost")}</dt><dd>${pct(r.lines.lost, 2)} %</dd><dd class="d">${t("staffing.lostWhy", { n: num(r.lines.lines), m: num(r.lines.for_1_percent) })}</dd></div>`}
</dl>`;

/** @param {{ r: any, ratio: number, there: number }} p */
const Curve = ({ r, ratio, there }) => {
  const c = r.curve;
  const x = c.map((/** @type {any} */ s) => s.agents);
  return html`<${Lines} name=${t("staffing.curve")} x=${x} label=${String} top=${100} mark=${r.agents} show=${(/** @type {any} */ v) => (v === null || v === undefined ? DASH : (Math.floor(v * 10) / 10).toString())} lines=${[
      { name: t("staffing.levelPct"), values: c.map((/** @type {any} */ s) => s.level * 100), kind: "solid" },
      { name: t("staffing.occupancyPct"), values: c.map((/** @type {any} */ s) => s.occupancy * 100), kind: "thin" },
      { name: t("staffing.abandonedPct"), values: c.map((/** @type {any} */ s) => s.abandoned * 100), kind: "dots" },
    ]} />
    <table class="fc"><thead><tr><th>${t("staffing.agents")}</th><th class="r">${t("staffing.level")}</th><th class="r">${t("staffing.asa")}</th><th class="r">${t("staffing.waiting")}</th><th class="r">${t("staffing.occupancy")}</th><th class="r">${t("staffing.abandoned")}</th></tr></thead>
      <tbody>${c.map((/** @type {any} */ s) => html`<tr key=${s.agents} class=${s.agents === r.agents ? "on" : s.agents === there ? "there" : ""}><th>${num(s.agents)}${s.agents === r.agents ? html` <span class="d">${t("staffing.needed")}</span>` : s.agents === there ? html` <span class="d">${t("staffing.are")}</span>` : ""}</th>
        <td class=${"r" + (s.level < ratio - 0.05 ? " crit" : s.level < ratio ? " warn" : "")}>${pct(s.level)} %</td><td class="r">${time(s.asa_ms)}</td><td class="r">${s.queue === null ? t("staffing.endless") : s.queue.toFixed(1)}</td><td class="r">${pct(s.occupancy)} %</td><td class="r">${r.model === "erlang_a" ? pct(s.abandoned) + " %" : DASH}</td></tr>`)}</tbody></table>`;
};

export const View = () => {
  const q = new URLSearchParams();
  for (const [f, or, most, to] of fields) {
    const [k, v] = to(value(f, or, most));
    if (v) q.set(k, v);
  }
  const got = useReport("/staffing?" + q);
  return html`<${Part} name=${t("staffing.title")} note=${t("staffing.note")}><${Form} /><//>
    <${Got} of=${got}>${(/** @type {any} */ r) => html`<${Part} name=${t("staffing.answer")}><${Result} r=${r} /><${Curve} r=${r} ratio=${value("ratio", 80, 99.9) / 100} there=${value("there", 0, 1e5)} /><//>`}<//>`;
};
