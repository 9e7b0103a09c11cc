// The tables: the monthly sheet, queues, agents.
import { html, signal, Glyph } from "../shared/lib.js";
import { t, code } from "../shared/text.js";
import { num, pct, dur, secs, grade, DASH } from "../shared/format.js";
import { asked, ask } from "./source.js";

/** A figure of the sheet by its unit. @param {any} row @param {number | null | undefined} v */
function figure(row, v) {
  if (v === null || v === undefined) return html`<span class="d">${DASH}</span>`;
  if (row.unit === "ratio") return pct(v);
  if (row.unit === "ms") return secs(v);
  return num(Math.round(v * 10) / 10);
}

/** @param {any} row */
const unit = (row) => (row.unit === "ratio" ? "%" : row.unit === "ms" ? "s" : "");

/** @param {any} row */
function standard(row) {
  const [min, max] = [row.target_min, row.target_max];
  const u = unit(row);
  const one = (/** @type {number} */ v) => (row.unit === "ratio" ? String(Math.round(v * 1000) / 10) : row.unit === "ms" ? String(v / 1000) : num(v));
  if (min === null && max === null) return html`<span class="d">${DASH}</span>`;
  if (min === null) return `≤ ${one(max)} ${u}`;
  if (max === null) return `≥ ${one(min)} ${u}`;
  return `${one(min)}–${one(max)} ${u}`;
}

/** @param {any} row */
function change(row) {
  if (row.change === null || row.change === undefined) return html`<span class="d">${DASH}</span>`;
  const v = row.unit === "ratio" ? row.change * 100 : row.unit === "ms" ? row.change / 1000 : row.change;
  const text = Math.abs(v).toFixed(1);
  return text === "0.0" ? "0.0" : (v > 0 ? "+" : "−") + text;
}

const formula = signal("");

/** @param {{ kpi: any }} p */
export const Sheet = ({ kpi }) => {
  const rows = kpi.rows;
  const missed = rows.filter((/** @type {any} */ r) => r.met === false).length;
  return html`<section class="k">
    <div class="h"><b>${t("reports.sheet", { month: kpi.month })}</b><span class="d">${missed ? t("reports.missed", { n: missed }) : t("reports.allMet")}</span>
      <span class="sp"></span>${!kpi.final && html`<span class="chip">${t("reports.notFinal")}</span>`}</div>
    <table>
      <thead><tr><th>${t("reports.figure")}</th><th class="n">${t("reports.standard")}</th><th class="n">${t("reports.lastMonth")}</th><th class="n">${t("reports.thisMonth")}</th><th></th><th class="n">${t("reports.change")}</th><th></th></tr></thead>
      <tbody>
        ${rows.map(
          (/** @type {any} */ r) => html`<tr class=${r.met === false ? "f" : ""} key=${r.id}>
              <td><button class="fx" aria-expanded=${formula.value === r.id} onClick=${() => (formula.value = formula.value === r.id ? "" : r.id)}>${code("kpi", r.id)}<i>ƒ</i></button></td>
              <td class="n m">${standard(r)}</td><td class="n m">${figure(r, r.last_month)}</td>
              <td class=${"n b" + (r.met === false ? " crit" : "")}>${figure(r, r.this_month)}</td><td class="un">${r.this_month !== null && unit(r)}</td>
              <td class="n m">${change(r)}</td>
              <td>${r.met === true ? html`<span class="sv d"><${Glyph} name="ok" />${t("reports.met")}</span>` : r.met === false ? html`<span class="sv crit"><${Glyph} name="crit" />${t("reports.notMet")}</span>` : ""}</td>
            </tr>
            ${formula.value === r.id && html`<tr class="why" key=${r.id + "?"}><td colspan="7">${code("formula", r.id)}</td></tr>`}`,
        )}
      </tbody>
    </table>
  </section>`;
};

/** The contacts that a figure counts. @param {string} queue @param {string} outcome */
const contacts = (queue, outcome) => "/qa?" + new URLSearchParams({ queue, outcome, from: asked.value.from, to: asked.value.to });

/** @param {{ r: any, total?: boolean }} p */
const Queue = ({ r, total }) => {
  const v1 = r.levels.v1.ratio;
  const g = total ? "" : grade(v1, r.target_ratio);
  const on = !total && asked.value.queue === r.queue;
  const seek = (/** @type {string} */ outcome, /** @type {number} */ n) => (total || !n ? html`<span class=${n ? "" : "d"}>${num(n)}</span>` : html`<a class="fig" href=${contacts(r.queue, outcome)}>${num(n)}</a>`);
  return html`<tr class=${(total ? "total" : "") + (g === "crit" ? " f" : "") + (on ? " on" : "")}>
    <td class="cut">${total ? t("reports.all") : html`<button class="pick" aria-pressed=${on} onClick=${() => ask({ queue: on ? "" : r.queue })}>${r.name || r.queue}</button>`}</td>
    <td class="n">${num(r.requested)}</td><td class="n">${num(r.offered)}</td><td class="n">${seek("answered", r.answered)}</td>
    <td class="n"><i class=${"gs " + g}>${g && html`<${Glyph} name=${g} />`}</i><span class=${"b " + g}>${pct(v1)}</span></td>
    <td class="n m">${pct(r.levels.v4.ratio)}</td><td class="n m">${pct(r.levels.v6.ratio)}</td><td class="n m">${pct(r.levels.cn20.ratio)}</td>
    <td class="n">${seek("abandoned", r.abandoned)}</td><td class="n m">${pct(r.levels.abandon.ratio)}</td>
    <td class="n">${secs(r.asa_ms)}</td><td class="n m">${dur(r.waits.max_ms)}</td><td class="n">${secs(r.avg_talk_ms)}</td><td class="n m">${secs(r.avg_acw_ms)}</td>
  </tr>`;
};

const queueHeads = ["queue", "requested", "offered", "answered", "v1", "v4", "v6", "cn20", "abandoned", "abandonRate", "asa", "longest", "talk", "acw"];

/** @param {{ report: any }} p */
export const Queues = ({ report }) => html`<section class="q">
  <div class="h"><b>${t("reports.queues")}</b><span class="d">${t("reports.queuesHint")}</span></div>
  <table>
    <thead><tr>${queueHeads.map((k, i) => html`<th class=${i ? "n" : ""} title=${i > 3 && i < 8 ? code("formula", k) : undefined}>${code("reports", k)}</th>`)}</tr></thead>
    <tbody>${report.rows.map((/** @type {any} */ r) => html`<${Queue} key=${r.queue} r=${r} />`)}${report.totals[0] && html`<${Queue} r=${report.totals[0]} total />`}</tbody>
  </table>
</section>`;

const states = ["talking", "consulting", "conference", "held", "wrap_up", "ringing", "reserved", "outbound", "ready", "not_ready", "unknown"];

/** Time by state as one bar: work filled, the rest outlined. @param {{ r: any }} p */
const Bar = ({ r }) => html`<span class="sb" role="img" aria-label=${states.map((s) => r.states[s + "_ms"] > 0 && `${code("state", s)} ${dur(r.states[s + "_ms"])}`).filter((x) => x).join(", ")}>
  ${states.map((s) => r.states[s + "_ms"] > 0 && html`<i class=${"st-" + s} title=${`${code("state", s)} ${dur(r.states[s + "_ms"])}`} style=${{ flexGrow: String(r.states[s + "_ms"]) }}></i>`)}
</span>`;

const agentHeads = ["agent", "signedIn", "times", "answered", "avgTalk", "avgAcw", "aht", "readyTime", "notReadyTime", "occupancy", "outbound", "outboundTalk", "rona"];

/** @param {{ report: any }} p */
export const Agents = ({ report }) => html`<section class="g">
  <div class="h"><b>${t("reports.agents")}</b><span class="d">${t("reports.agentsCount", { n: report.rows.filter((/** @type {any} */ r) => r.signed_in_ms > 0).length })}</span><span class="sp"></span>
    ${["talking", "held", "wrap_up", "ringing", "ready", "not_ready"].map((s) => html`<span class=${"st st-" + s + " still"}><${Glyph} name=${s} />${code("state", s)}</span>`)}</div>
  <table>
    <thead><tr>${agentHeads.map((k, i) => html`<th class=${i && i !== 2 ? "n" : ""}>${code("reports", k)}</th>`)}</tr></thead>
    <tbody>
      ${report.rows.map(
        (/** @type {any} */ r) => html`<tr key=${r.agent}>
          <td class="cut">${r.name} <span class="d">${r.agent}</span></td><td class="n">${r.signed_in_ms ? dur(r.signed_in_ms) : html`<span class="d">${DASH}</span>`}</td>
          <td>${r.signed_in_ms > 0 && html`<${Bar} r=${r} />`}</td>
          <td class="n">${r.answered ? html`<a class="fig" href=${"/qa?" + new URLSearchParams({ agent: r.agent, outcome: "answered", from: asked.value.from, to: asked.value.to })}>${num(r.answered)}</a>` : html`<span class="d">0</span>`}</td>
          <td class="n">${secs(r.avg_talk_ms)}</td><td class="n">${secs(r.avg_acw_ms)}</td><td class="n">${secs(r.aht_ms)}</td>
          <td class="n m">${dur(r.states.ready_ms)}</td><td class="n m">${dur(r.states.not_ready_ms)}</td><td class="n">${pct(r.occupancy)}</td>
          <td class="n m">${r.outbound.calls ? html`${num(r.outbound.reached)}<span class="d"> / ${num(r.outbound.calls)}</span>` : html`<span class="d">0</span>`}</td><td class="n m">${r.outbound.talk_ms ? dur(r.outbound.talk_ms) : html`<span class="d">${DASH}</span>`}</td>
          <td class="n m">${r.rona.count ? num(r.rona.count) : html`<span class="d">${r.rona.of ? "0" : DASH}</span>`}</td>
        </tr>`,
      )}
    </tbody>
  </table>
</section>`;
