// Reports kept under a name, and those that are sent by themselves.
import { html } from "../shared/lib.js";
import { t, code, lang } from "../shared/text.js";
import { dayTime, DASH } from "../shared/format.js";
import { may } from "../shared/shell.js";
import { names } from "../qa/names.js";
import { intervals, useReport } from "./source.js";
import { Got, Part } from "./parts.js";
import { act, fields, Refused, Remove } from "./kept.js";
import { Plan, Plans } from "./plans.js";

const kinds = ["queues", "agents", "teams", "kpi", "contacts", "abandoned", "ivr", "survey", "quality", "trunks", "peaks", "fcr"];
const spans = ["yesterday", "last_week", "last_month", "today", "this_week", "month_to_date"];
const roles = ["lead", "team_lead", "qa", "coordinator"];

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
  <thead><tr><th>${t("saved.name")}</th><th>${t("saved.report")}</th><th>${t("saved.span")}</th><th>${t("saved.owner")}</th><td></td></tr></thead>
  <tbody>${list.map((r) => html`<tr key=${r.id}><td class="cut">${r.name}</td><td>${code("saved.kind", r.report)}</td><td class="nw">${r.span ? code("saved.span", r.span) : r.from ? `${dayTime(r.from)} – ${dayTime(r.to)}` : r.query?.month ?? DASH}</td>
    <td>${r.mine ? t("saved.mine") : r.owner}</td>
    <td class="files">${may("export") && ["xlsx", "csv", "html"].map((f) => html`<a class="btn q" href=${`/api/v1/reports/saved/${r.id}?format=${f}&lang=${lang.value}`} target=${f === "html" ? "_blank" : undefined}>${f === "html" ? t("reports.print") : f.toUpperCase()}</a>`)}
      ${r.mine && html`<${Remove} part="saved" path=${"/reports/saved/" + r.id} name=${r.name} />`}</td></tr>`)}</tbody>
</table>`;

export const View = () => {
  const saved = useReport("/reports/saved");
  const plans = useReport(may("send_reports") ? "/reports/schedules" : "");
  return html`<${Part} name=${t("saved.title")}><${Keep} /><${Refused} part="saved" />
      <${Got} of=${saved}>${(/** @type {any} */ d) => (d.items.length ? html`<${Saved} list=${d.items} />` : html`<p class="m none">${t("saved.none")}</p>`)}<//><//>
    ${may("send_reports") && html`<${Part} name=${t("saved.plans")} note=${t("saved.plansNote")}>
      <${Got} of=${plans}>${(/** @type {any} */ d) => html`<${Plan} saved=${saved.data?.items ?? []} plans=${d} /><${Refused} part="sent" />${d.items.length ? html`<${Plans} list=${d.items} />` : ""}`}<//><//>`}`;
};
