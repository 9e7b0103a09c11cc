// What agents did in a day: a line for each, in the colours of their states; the one chosen is told stay by stay below.
import { html, signal, Glyph } from "../shared/lib.js";
import { t, code } from "../shared/text.js";
import { clock, dur, pct, num, dateOf, dayStart, DASH } from "../shared/format.js";
import { names } from "../qa/names.js";
import { asked, ask, address, useReport } from "./source.js";
import { Got, Part } from "./parts.js";
import { Fx } from "./formula.js";
import { Turns } from "./turns.js";
import { may } from "../shared/shell.js";
import { plus } from "./span.js";

/** Whose stays are told, and which one is looked at. */
const who = signal("");
const at = signal(-1);

const shapes = ["ready", "ringing", "talking", "held", "wrap_up", "not_ready", "unknown"];
/** As what a state is drawn. @param {string} s */
const shape = (s) => ({ reserved: "ringing", consulting: "talking", conference: "talking", outbound: "talking" })[s] ?? s;

/** @param {any} s */
const ms = (s) => Date.parse(s.end) - Date.parse(s.start);

/** @param {any} s */
const words = (s) => [`${clock(s.start)}–${clock(s.end)}`, code("state", s.state) + (s.reason ? ` ${code("reason", s.reason)}` : ""), dur(ms(s)), s.over_since ? `${code("state", "over")} +${dur(Date.parse(s.end) - Date.parse(s.over_since))}` : "", s.queue ? names.queue(s.queue) : ""].filter((x) => x).join(" · ");

/** @param {any} p */
const planWords = (p) => `${t("col.planned")} ${clock(p.from).slice(0, 5)}–${clock(p.to).slice(0, 5)}`;

/** The stays of a state as one path. @param {any[]} spans @param {string} kind @param {(iso: string) => number} x */
const path = (spans, kind, x) => spans.filter((s) => (kind === "over" ? s.over_since : shape(s.state) === kind)).map((s) => {
  const [a, b] = [x(kind === "over" ? s.over_since : s.start), x(s.end)];
  const [y, h] = kind === "ready" || kind === "not_ready" || kind === "unknown" ? [kind === "not_ready" ? 7 : 8.5, kind === "not_ready" ? 4 : 1] : [2, 14];
  return `M${a.toFixed(2)} ${y}H${Math.max(b, a + 0.4).toFixed(2)}V${y + h}H${a.toFixed(2)}z`;
}).join("");

/** @param {{ r: any, from: number, to: number }} p */
const Line = ({ r, from, to }) => {
  const x = (/** @type {string} */ iso) => ((Date.parse(iso) - from) / (to - from)) * 1000;
  const mine = who.value === r.agent;
  const s = mine ? r.spans[at.value] : null;
  const find = (/** @type {MouseEvent} */ e) => {
    const box = /** @type {Element} */ (e.currentTarget).getBoundingClientRect();
    const when = from + ((e.clientX - box.left) / box.width) * (to - from);
    return r.spans.findIndex((/** @type {any} */ p) => Date.parse(p.start) <= when && when < Date.parse(p.end));
  };
  const keys = (/** @type {KeyboardEvent} */ e) => {
    const step = { ArrowRight: 1, ArrowLeft: -1, Home: -1e9, End: 1e9 }[e.key];
    if (step) at.value = Math.max(0, Math.min(r.spans.length - 1, at.value + step));
    else if (e.key === "Enter" && s?.contact) location.href = "/qa?id=" + encodeURIComponent(s.contact);
    else return;
    e.preventDefault();
  };
  const choose = (/** @type {number} */ i) => ([who.value, at.value] = [r.agent, i]);
  return html`<svg class="ln" viewBox="0 0 1000 18" preserveAspectRatio="none" tabindex="0" role="img" aria-label=${`${r.name} ${r.agent}: ${s ? words(s) : [t("chart.stays", { n: num(r.spans.length) }), ...(r.planned ?? []).map(planWords)].join(", ")}`}
      onFocus=${() => who.value !== r.agent && choose(0)} onKeyDown=${keys} onMouseMove=${(/** @type {any} */ e) => { const i = find(e); if (i >= 0) choose(i); }}
      onClick=${(/** @type {any} */ e) => { const c = r.spans[find(e)]?.contact; if (c) location.href = "/qa?id=" + encodeURIComponent(c); }}>
    ${shapes.map((k) => html`<path class=${"st-" + k} fill="currentColor" d=${path(r.spans, k, x)} />`)}
    <path class="st-over" fill="currentColor" d=${path(r.spans, "over", x)} />
    ${(r.planned ?? []).map((/** @type {any} */ p) => html`<rect class="plan" x=${x(p.from)} y="0.5" width=${Math.max(1, x(p.to) - x(p.from))} height="17"><title>${planWords(p)}</title></rect>`)}
    ${s && html`<rect class="cur" x=${x(s.start)} y="0.5" width=${Math.max(1, x(s.end) - x(s.start))} height="17" />`}
  </svg>`;
};

/** @param {{ r: any }} p */
const Stays = ({ r }) => html`<${Part} name=${t("chart.staysOf", { name: `${r.name} ${r.agent}` })} note=${t("chart.stays", { n: num(r.spans.length) })}>
  <table class="fg stays"><thead><tr><th>${t("chart.from")}</th><th>${t("chart.to")}</th><th class="n">${t("chart.lasted")}</th><th>${t("chart.state")}</th><th>${t("qa.queue")}</th><th>${t("chart.contact")}</th></tr></thead>
  <tbody>${r.spans.map((/** @type {any} */ s, /** @type {number} */ i) => html`<tr key=${s.start} class=${i === at.value ? "on" : ""}><td>${clock(s.start)}</td><td>${s.open ? t("chart.now") : clock(s.end)}</td><td class="n">${dur(ms(s))}</td>
    <td><span class=${"sv st-" + (s.over_since ? "over" : s.state)}><${Glyph} name=${s.over_since ? "over" : shape(s.state)} />${code("state", s.state)} ${s.reason && code("reason", s.reason)}${s.over_since && ` +${dur(Date.parse(s.end) - Date.parse(s.over_since))}`}</span></td>
    <td class="cut">${s.queue && names.queue(s.queue)}</td><td>${s.contact ? html`<a class="fig" href=${"/qa?id=" + encodeURIComponent(s.contact)}>${t("reports.record")}</a>` : html`<span class="d">${DASH}</span>`}</td></tr>`)}</tbody></table>
<//>`;

/** The time that is drawn: whole hours around what there is. @param {any} d @returns {[number, number]} */
function ends(d) {
  const hour = 3600_000;
  const times = d.rows.flatMap((/** @type {any} */ r) => [...r.spans.slice(0, 1).map((/** @type {any} */ s) => s.start), ...r.spans.slice(-1).map((/** @type {any} */ s) => s.end), ...(r.planned ?? []).flatMap((/** @type {any} */ p) => [p.from, p.to])].map((x) => Date.parse(x)));
  const [a, b] = [Math.min(...times), Math.max(...times)];
  return [Math.floor(a / hour) * hour, Math.max(Math.ceil(b / hour), Math.floor(a / hour) + 4) * hour];
}

/** @param {{ d: any }} p */
const Chart = ({ d }) => {
  if (!d.rows.length) return html`<p class="m none">${t("chart.nobody")}</p>`;
  const [from, to] = ends(d);
  const hours = (to - from) / 3600_000;
  const ticks = Array.from({ length: hours }, (_, i) => from + i * 3600_000).filter((_, i) => i % Math.ceil(hours / 14) === 0);
  const chosen = d.rows.find((/** @type {any} */ r) => r.agent === who.value);
  const s = chosen?.spans[at.value];
  return html`<p class="said m" role="status">${s ? html`<b>${chosen.name} ${chosen.agent}</b> · ${words(s)}${s.contact && html` · <a class="fig" href=${"/qa?id=" + encodeURIComponent(s.contact)}>${t("reports.record")}</a>`}` : t("chart.lineHint")}</p>
    <table class="gantt"><thead><tr><th>${t("qa.agent")}</th><th class="ax">${ticks.map((x) => html`<span style=${{ left: ((x - from) / (to - from)) * 100 + "%" }}>${clock(new Date(x).toISOString()).slice(0, 5)}</span>`)}</th>
      ${["talking", "wrap_up", "not_ready"].map((k) => html`<th class="n">${code("state", k)}</th>`)}<th class="n">${t("col.occupancy")}</th><th class="n">${code("state", "over")}</th><th class="n">${t("col.planned")}</th><th class="n">${t("col.adherence")}<${Fx} id="adherence" /></th></tr></thead>
    <tbody>${d.rows.map((/** @type {any} */ r) => html`<tr key=${r.agent} class=${r.agent === who.value ? "on" : ""}><th scope="row" class="cut">${r.name} <span class="d">${r.agent}</span></th><td><${Line} r=${r} from=${from} to=${to} /></td>
      <td class="n">${dur(r.states.talking_ms)}</td><td class="n">${dur(r.states.wrap_up_ms)}</td><td class="n">${dur(r.states.not_ready_ms)}</td><td class="n">${pct(r.occupancy, 0)}</td><td class=${"n " + (r.over_ms ? "crit" : "d")}>${dur(r.over_ms)}</td>
      <td class="n m">${r.planned_ms ? dur(r.planned_ms) : html`<span class="d">${DASH}</span>`}</td><td class="n b">${pct(r.adherence, 1)}</td></tr>`)}</tbody></table>
    ${chosen && html`<${Stays} r=${chosen} />`}`;
};

export const View = () => {
  const a = asked.value;
  const date = /^\d{4}-\d\d-\d\d$/.test(a.more.date ?? "") ? a.more.date : dateOf(Date.now());
  const p = address("timeline", { team: a.team, agent: a.agent }, { from: dayStart(date), to: dayStart(plus(date, 1)) });
  const got = useReport(p);
  return html`<div class="flt sub noprint">
      <button class="btn" onClick=${() => ask({ date: plus(date, -1) })} aria-label=${t("forecast.before")}>‹</button>
      <input type="date" aria-label=${t("forecast.date")} value=${date} onChange=${(/** @type {any} */ e) => e.target.value && ask({ date: e.target.value })} />
      <button class="btn" onClick=${() => ask({ date: plus(date, 1) })} aria-label=${t("forecast.after")}>›</button>
      <button class="btn" onClick=${() => ask({ date: "" })}>${code("period", "today")}</button>
    </div>
    <${Part} name=${t("view.timeline")} note=${date} file=${p} right=${html`<span class="lg">${["talking", "held", "wrap_up", "ringing", "ready", "not_ready", "over"].map((k) => html`<span class=${"sv st-" + k}><${Glyph} name=${k} />${code("state", k)}</span>`)}<span class="sv"><i class="planned"></i>${t("col.planned")}</span></span>`}>
      <${Got} of=${got}>${(/** @type {any} */ d) => html`<${Chart} d=${d} />`}<//>
    <//>
    ${may("plan_people") && html`<${Turns} date=${date} />`}`;
};
