// Reports that are sent by themselves: the form of a timetable, and the list of them.
import { html, signal } from "../shared/lib.js";
import { t, code, lang } from "../shared/text.js";
import { dayTime, DASH } from "../shared/format.js";
import { me } from "../shared/shell.js";
import { act, fields, Remove } from "./kept.js";

/** The timetable that is being changed. */
const edited = signal(/** @type {any} */ (null));
/** What the form shows depends on: how often, and whether it goes by mail or to which webhook. */
const every = signal("daily");
const by = signal("");

/** @param {any} s */
function edit(s) {
  edited.value = s;
  every.value = s?.every ?? "daily";
  by.value = s?.webhook ?? "";
}

/** @param {any} e @param {string} way */
async function plan(e, way) {
  const f = fields(e);
  const to = way ? [] : String(f.get("to") ?? "").split(/[\s,;\uff0c\uff1b]+/).filter((x) => x);
  const n = Number(f.get("day"));
  const format = String(f.get("format"));
  const body = {
    saved: f.get("saved"), lang: f.get("lang"), every: every.value, at: f.get("at"), to, webhook: way,
    ...(format === "summary" ? { summary: true } : { format }),
    ...(every.value === "weekly" ? { weekday: n } : every.value === "monthly" ? { day: n } : {}),
  };
  const was = edited.value;
  const done = was
    ? await act("sent", "/reports/schedules/" + was.id, { method: "PUT", body: { ...body, paused: was.paused, changed: was.changed } })
    : await act("sent", "/reports/schedules", { body });
  if (!done) return;
  if (!was) e.target.reset();
  edit(null);
}

/** @param {string} word @param {string} field @param {[string, string][]} all @param {string} now @param {(v: string) => void} [turn] */
const pick = (word, field, all, now, turn) =>
  html`<label>${word}<select name=${field} onChange=${turn && ((/** @type {any} */ e) => turn(e.currentTarget.value))}>${all.map(([id, w]) => html`<option key=${id} value=${id} selected=${id === now}>${w}</option>`)}</select></label>`;

/** @param {{ s: any }} p */
const When = ({ s }) => html`${pick(t("saved.every"), "every", ["daily", "weekly", "monthly"].map((k) => [k, code("saved.every", k)]), every.value, (v) => (every.value = v))}
  ${every.value === "weekly" && pick(t("saved.weekday"), "day", ["1", "2", "3", "4", "5", "6", "7"].map((d) => [d, code("saved.weekday", d)]), String(s?.weekday || 1))}
  ${every.value === "monthly" && html`<label title=${t("saved.dayHint")}>${t("saved.day")}<input name="day" type="number" required min="1" max="31" value=${s?.day || 1} /></label>`}
  <label>${t("saved.at")}<input name="at" required value=${s?.at ?? "07:30"} size="5" pattern="([01][0-9]|2[0-3]):[0-5][0-9]" title="07:30" /></label>`;

/** @param {{ saved: any[], plans: any }} p */
export const Plan = ({ saved, plans }) => {
  const s = edited.value;
  const ways = /** @type {[string, string][]} */ ([...(plans.mail ? [["", t("saved.mail")]] : []), ...plans.webhooks.map((/** @type {string} */ w) => [w, `${t("saved.webhook")} ${w}`])]);
  if (!ways.length) return html`<p class="m none">${t("saved.noWay")}</p>`;
  if (!saved.length) return html`<p class="m none">${t("saved.noneToSend")}</p>`;
  const way = ways.some(([w]) => w === by.value) ? by.value : ways[0][0];
  return html`<form key=${s ? s.id + s.changed : ""} class="flt noprint plan" onSubmit=${(/** @type {any} */ e) => plan(e, way)} aria-label=${t(s ? "saved.edit" : "saved.plans")}>
    ${pick(t("saved.what"), "saved", saved.map((r) => [r.id, r.name]), s?.saved ?? saved[0].id)}
    <${When} s=${s} />
    ${pick(t("saved.format"), "format", [...["xlsx", "csv", "html"].map((f) => /** @type {[string, string]} */ ([f, f.toUpperCase()])), ["summary", t("saved.summary")]], s?.summary ? "summary" : s?.format || "xlsx")}
    ${pick(t("saved.lang"), "lang", ["zh-CN", "en-US"].map((l) => [l, code("choice", l)]), s?.lang || lang.value)}
    ${pick(t("saved.by"), "by", ways, way, (v) => (by.value = v))}
    ${!way && html`<label>${t("saved.to")}<input name="to" required size="32" value=${(s?.to ?? []).join(", ")} placeholder=${t("saved.toHint")} title=${plans.domains.length ? t("saved.domains", { all: plans.domains.join(", ") }) : t("saved.toHint")} /></label>`}
    <button class="btn p">${t(s ? "saved.change" : "saved.plan")}</button>
    ${s && html`<button type="button" class="btn q" onClick=${() => edit(null)}>${t("saved.leave")}</button>`}
    ${!way && plans.domains.length > 0 && html`<span class="d">${t("saved.domains", { all: plans.domains.join(", ") })}</span>`}
  </form>`;
};

/** @param {any} s */
const rhythm = (s) => [code("saved.every", s.every), s.every === "weekly" ? code("saved.weekday", String(s.weekday)) : s.every === "monthly" ? t("saved.dayOf", { n: s.day }) : "", s.at].filter(Boolean).join(" ");

/** What is sent, and in which language it is. @param {any} s */
const form = (s) => `${s.summary ? t("saved.summary") : (s.format || "xlsx").toUpperCase()}${s.lang ? " · " + code("choice", s.lang) : ""}`;

/** What came of a run, as far as the mail server has said. @param {any} r */
const outcome = (r) =>
  [
    code("saved.outcome", r.outcome),
    r.error,
    r.outbox > 0 && t("saved.outbox", { n: r.outbox }),
    ...(r.undelivered ?? []).map((/** @type {any} */ u) => `${t("saved.lost", { who: u.to })}: ${u.why}`),
  ]
    .filter((x) => x)
    .join(" · ");

/** @param {any} s */
function toggle(s) {
  const { saved, format, lang: l, summary, every: e, weekday, day, at, to, webhook } = s;
  return act("sent", "/reports/schedules/" + s.id, { method: "PUT", body: { saved, format, lang: l, summary, every: e, weekday, day, at, to, webhook, paused: !s.paused, changed: s.changed } });
}

/** @param {{ s: any }} p */
const Row = ({ s }) => {
  const r = s.runs[0];
  const mine = s.owner === me.value?.user; // who sees all may stop another's, not change it
  const to = s.webhook ? `${t("saved.webhook")} ${s.webhook}` : (s.to ?? []).join(", ");
  return html`<tr class=${edited.value?.id === s.id ? "on" : ""}><td class="cut" title=${s.name}>${s.name}</td><td class="nw">${rhythm(s)}</td><td class="nw">${form(s)}</td><td class="cut" title=${to}>${to}</td><td class="nw">${mine ? t("saved.mine") : s.owner}</td>
    <td class="nw">${s.stopped ? html`<span class="crit">${code("saved.stopped", s.stopped)}</span>` : s.paused ? t("saved.paused") : dayTime(s.next)}</td>
    <td class="what" title=${s.runs.map((/** @type {any} */ x) => `${dayTime(x.due)} ${outcome(x)}`).join("\n")}>${r ? html`<span class=${r.outcome === "sent" && !r.undelivered ? "" : "crit"}>${dayTime(r.due)} ${outcome(r)}</span>` : html`<span class="d">${DASH}</span>`}</td>
    <td class="files noprint"><button class="btn q" onClick=${() => act("sent", `/reports/schedules/${s.id}/send`)}>${t("saved.sendNow")}</button>
      ${mine && html`<button class="btn q" onClick=${() => edit(s)}>${t("saved.edit")}</button>
      <button class="btn q" onClick=${() => toggle(s)}>${t(s.paused ? "saved.goOn" : "saved.pause")}</button>`}
      <${Remove} part="sent" path=${"/reports/schedules/" + s.id} name=${s.name} /></td></tr>`;
};

/** @param {{ list: any[] }} p */
export const Plans = ({ list }) => html`<table class="kept">
  <thead><tr><th>${t("saved.what")}</th><th class="nw">${t("saved.when")}</th><th class="nw">${t("saved.format")}</th><th>${t("saved.to")}</th><th class="nw">${t("saved.owner")}</th><th class="nw">${t("saved.next")}</th><th>${t("saved.last")}</th><td></td></tr></thead>
  <tbody>${list.map((s) => html`<${Row} key=${s.id} s=${s} />`)}</tbody>
</table>`;
