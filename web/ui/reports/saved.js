// Reports kept under a name, and those that are sent by themselves.
import { html, signal } from "../shared/lib.js";
import { t, code, lang } from "../shared/text.js";
import { api, Problem } from "../shared/api.js";
import { dayTime, DASH } from "../shared/format.js";
import { may } from "../shared/shell.js";
import { names } from "../qa/names.js";
import { intervals, reload, useReport } from "./source.js";
import { Got, Part } from "./parts.js";

const kinds = ["queues", "agents", "teams", "kpi", "contacts", "abandoned", "ivr", "survey", "quality", "trunks", "peaks", "fcr"];
const spans = ["yesterday", "last_week", "last_month", "today", "this_week", "month_to_date"];
const roles = ["lead", "team_lead", "qa", "coordinator"];

/** Why the last thing asked for was refused; by the part it was asked in. */
const refused = signal(/** @type {Record<string, string>} */ ({}));

/** @param {string} part @param {string} path @param {{ method?: string, body?: any }} [o] */
async function act(part, path, o = {}) {
  try {
    await api(path, { method: "POST", ...o });
    refused.value = { ...refused.value, [part]: "" };
    reload();
    return true;
  } catch (e) {
    refused.value = { ...refused.value, [part]: t("saved.refused", { detail: e instanceof Problem ? e.message : "" }) };
    return false;
  }
}

/** @param {{ part: string }} p */
const Refused = ({ part }) => (refused.value[part] ? html`<p class="late crit" role="alert">${refused.value[part]}</p>` : "");

/** What a form holds, by the names of its fields. @param {any} e */
function fields(e) {
  e.preventDefault();
  return new FormData(e.target);
}

/** @param {string} word @param {[string, string][]} all @param {string} field @param {string} [none] */
const choice = (word, field, all, none) => html`<label>${word}<select name=${field}>${none !== undefined && html`<option value="">${none}</option>`}${all.map(([id, w]) => html`<option value=${id}>${w}</option>`)}</select></label>`;

/** @param {any} e */
async function keep(e) {
  const f = fields(e);
  const query = Object.fromEntries(["interval", "queue"].filter((k) => f.get(k) && f.get("report") !== "kpi").map((k) => [k, String(f.get(k))]));
  const body = { name: f.get("name"), report: f.get("report"), span: f.get("span"), query, shared: f.getAll("shared") };
  if (await act("saved", "/reports/saved", { body })) e.target.reset();
}

const Keep = () => html`<form class="flt noprint" onSubmit=${keep}>
  <label>${t("saved.name")}<input name="name" required maxlength="100" /></label>
  ${choice(t("saved.report"), "report", kinds.map((k) => [k, code("saved.kind", k)]))}
  ${choice(t("saved.span"), "span", spans.map((s) => [s, code("saved.span", s)]))}
  ${choice(t("reports.interval"), "interval", intervals.map((i) => [i, code("interval", i)]), t("saved.whole"))}
  ${choice(t("reports.queue"), "queue", names.queues.value.map((q) => [q.id, q.name || q.id]), t("reports.everyQueue"))}
  <span class="d">${t("saved.shared")}</span>${roles.map((r) => html`<label><input type="checkbox" name="shared" value=${r} />${code("role", r)}</label>`)}
  <button class="btn">${t("saved.keep")}</button>
</form>`;

/** @param {{ list: any[] }} p */
const Saved = ({ list }) => html`<table class="kept">
  <thead><tr><th>${t("saved.name")}</th><th>${t("saved.report")}</th><th>${t("saved.span")}</th><th>${t("saved.owner")}</th><th></th></tr></thead>
  <tbody>${list.map((r) => html`<tr key=${r.id}><td class="cut">${r.name}</td><td>${code("saved.kind", r.report)}</td><td class="nw">${r.span ? code("saved.span", r.span) : r.from ? `${dayTime(r.from)} – ${dayTime(r.to)}` : r.query?.month ?? DASH}</td>
    <td>${r.mine ? t("saved.mine") : r.owner}</td>
    <td class="files">${may("export") && ["xlsx", "csv", "html"].map((f) => html`<a class="btn q" href=${`/api/v1/reports/saved/${r.id}?format=${f}&lang=${lang.value}`} target=${f === "html" ? "_blank" : undefined}>${f === "html" ? t("reports.print") : f.toUpperCase()}</a>`)}
      ${r.mine && html`<button class="btn q" onClick=${() => act("saved", "/reports/saved/" + r.id, { method: "DELETE" })}>${t("saved.forget")}</button>`}</td></tr>`)}</tbody>
</table>`;

/** The timetable that is being changed. */
const edited = signal(/** @type {any} */ (null));

/** @param {any} e */
async function plan(e) {
  const f = fields(e);
  const to = String(f.get("to") ?? "").split(/[\s,;\uff0c\uff1b]+/).filter((x) => x);
  const every = f.get("every");
  const n = Number(f.get("day")) || 1;
  const body = {
    saved: f.get("saved"), format: f.get("format"), lang: lang.value, every, at: f.get("at"), to, webhook: f.get("webhook") ?? "",
    ...(every === "weekly" ? { weekday: Math.min(n, 7) } : {}), ...(every === "monthly" ? { day: n } : {}),
  };
  const was = edited.value;
  if (was) {
    const { lang: l, summary, paused, changed } = was;
    if (await act("sent", "/reports/schedules/" + was.id, { method: "PUT", body: { ...body, lang: l, summary, paused, changed } })) edited.value = null;
  } else if (await act("sent", "/reports/schedules", { body })) e.target.reset();
}

/** @param {{ saved: any[], plans: any }} p */
const Plan = ({ saved, plans }) => {
  const s = edited.value;
  /** @param {string} word @param {string} field @param {[string, string][]} all @param {string} [none] */
  const pick = (word, field, all, none) => html`<label>${word}<select name=${field}>${none !== undefined && html`<option value="">${none}</option>`}${all.map(([id, w]) => html`<option value=${id} selected=${s && (s[field] || "") === id}>${w}</option>`)}</select></label>`;
  return html`<form key=${s ? s.id + s.changed : ""} class="flt noprint" onSubmit=${plan} aria-label=${t(s ? "saved.edit" : "saved.plans")}>
    ${pick(t("saved.what"), "saved", saved.map((r) => [r.id, r.name]))}
    ${pick(t("saved.every"), "every", ["daily", "weekly", "monthly"].map((k) => [k, code("saved.every", k)]))}
    <label>${t("saved.day")}<input name="day" type="number" min="1" max="31" value=${s?.weekday || s?.day || 1} /></label>
    <label>${t("saved.at")}<input name="at" required value=${s?.at ?? "07:30"} size="5" pattern="([01][0-9]|2[0-3]):[0-5][0-9]" /></label>
    ${pick(t("saved.format"), "format", ["xlsx", "csv", "html"].map((f) => [f, f.toUpperCase()]))}
    ${plans.mail ? html`<label>${t("saved.to")}<input name="to" size="32" value=${(s?.to ?? []).join(", ")} placeholder=${plans.domains.length ? "…@" + plans.domains[0] : ""} /></label>` : html`<span class="d">${t("saved.noMail")}</span>`}
    ${plans.webhooks.length > 0 && pick(t("saved.webhook"), "webhook", plans.webhooks.map((/** @type {string} */ w) => [w, w]), DASH)}
    <button class="btn" disabled=${!saved.length}>${t(s ? "saved.change" : "saved.plan")}</button>
    ${s && html`<button type="button" class="btn q" onClick=${() => (edited.value = null)}>${t("saved.leave")}</button>`}
  </form>`;
};

/** @param {any} s */
const rhythm = (s) => `${code("saved.every", s.every)} ${s.every === "weekly" ? code("saved.weekday", String(s.weekday)) : s.every === "monthly" ? t("saved.dayOf", { n: s.day }) : ""} ${s.at}`;

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
  const { saved, format, lang: l, summary, every, weekday, day, at, to, webhook } = s;
  return act("sent", "/reports/schedules/" + s.id, { method: "PUT", body: { saved, format, lang: l, summary, every, weekday, day, at, to, webhook, paused: !s.paused, changed: s.changed } });
}

/** @param {{ list: any[] }} p */
const Plans = ({ list }) => html`<table class="kept">
  <thead><tr><th>${t("saved.what")}</th><th>${t("saved.when")}</th><th>${t("saved.to")}</th><th>${t("saved.owner")}</th><th>${t("saved.next")}</th><th>${t("saved.last")}</th><th></th></tr></thead>
  <tbody>${list.map((s) => {
    const r = s.runs[0];
    return html`<tr key=${s.id}><td class="cut">${s.name}</td><td class="nw">${rhythm(s)}</td><td class="cut">${s.webhook || (s.to ?? []).join(", ")}</td><td>${s.owner}</td>
      <td class="nw">${s.stopped ? html`<span class="crit">${code("saved.stopped", s.stopped)}</span>` : s.paused ? t("saved.paused") : dayTime(s.next)}</td>
      <td title=${s.runs.map((/** @type {any} */ x) => `${dayTime(x.due)} ${outcome(x)}`).join("\n")}>${r ? html`<span class=${r.outcome === "sent" && !r.undelivered ? "" : "crit"}>${dayTime(r.due)} ${outcome(r)}</span>` : html`<span class="d">${DASH}</span>`}</td>
      <td class="files noprint"><button class="btn q" onClick=${() => act("sent", `/reports/schedules/${s.id}/send`)}>${t("saved.sendNow")}</button>
        <button class="btn q" onClick=${() => (edited.value = s)}>${t("saved.edit")}</button>
        <button class="btn q" onClick=${() => toggle(s)}>${t(s.paused ? "saved.goOn" : "saved.pause")}</button>
        <button class="btn q" onClick=${() => act("sent", "/reports/schedules/" + s.id, { method: "DELETE" })}>${t("saved.forget")}</button></td></tr>`;
  })}</tbody>
</table>`;

export const View = () => {
  const saved = useReport("/reports/saved");
  const plans = useReport(may("send_reports") ? "/reports/schedules" : "");
  return html`<${Part} name=${t("saved.title")}><${Keep} /><${Refused} part="saved" />
      <${Got} of=${saved}>${(/** @type {any} */ d) => (d.items.length ? html`<${Saved} list=${d.items} />` : html`<p class="m none">${t("saved.none")}</p>`)}<//><//>
    ${may("send_reports") && html`<${Part} name=${t("saved.plans")} note=${t("saved.plansNote")}>
      <${Got} of=${plans}>${(/** @type {any} */ d) => html`<${Plan} saved=${saved.data?.items ?? []} plans=${d} /><${Refused} part="sent" />${d.items.length ? html`<${Plans} list=${d.items} />` : ""}`}<//><//>`}`;
};
