// What people did: by time, login, act and target, as a file, and whether the chain of it holds.
import { html, signal, Glyph } from "../shared/lib.js";
import { t, code } from "../shared/text.js";
import { api } from "../shared/api.js";
import { clock, dateOf, dayStart, num, plain, DASH } from "../shared/format.js";
import { attempt } from "./file.js";

/** @type {import("../shared/lib.js").Signal<{ items: any[], next?: string } | null>} */
const page = signal(null);
/** @type {import("../shared/lib.js").Signal<any>} */
const verdict = signal(null);
const asked = signal({ from: "", to: "", user: "", act: "", target: "" });

/** @param {Record<string, string>} [more] */
function address(more = {}) {
  const q = new URLSearchParams(more);
  const a = asked.value;
  if (a.from) q.set("from", dayStart(a.from));
  if (a.to) q.set("to", dayStart(dateOf(Date.parse(dayStart(a.to)) + 36 * 3600e3))); // that day too
  for (const k of /** @type {const} */ (["user", "act", "target"])) if (a[k].trim()) q.set(k, a[k].trim());
  return "/audit?" + q;
}

const read = () => attempt(async () => void (page.value = await api(address())));

const more = () =>
  attempt(async () => {
    const next = await api(address({ cursor: page.value?.next ?? "" }));
    page.value = { items: [...(page.value?.items ?? []), ...next.items], next: next.next };
  });

const check = () => attempt(async () => void (verdict.value = await api("/audit/verify")));

/** @param {SubmitEvent} e */
function ask(e) {
  e.preventDefault();
  const f = new FormData(/** @type {HTMLFormElement} */ (e.currentTarget));
  const of = (/** @type {string} */ n) => String(f.get(n) ?? "");
  asked.value = { from: of("from"), to: of("to"), user: of("user"), act: of("act"), target: of("target") };
  page.value = null;
}

const Verdict = () => {
  const v = verdict.value;
  if (!v) return null;
  return html`<p class="note" role="status">
    <span class=${"state " + (v.ok ? "m" : "crit")}><${Glyph} name=${v.ok ? "ok" : "crit"} />
      ${v.ok ? t("audit.holds", { n: num(v.entries), log: num(v.in_log) }) : t("audit.broken", { n: num(v.broken.n), why: code("auditFault", v.broken.fault) })}</span>
    ${v.ok && v.n > 0 && html`<br /><span class="d">${t("audit.head", { n: num(v.n) })} <code>${v.hash}</code></span>`}
  </p>`;
};

const Filter = () => html`<form class="acts" onSubmit=${ask}>
  <label>${t("audit.from")}<input type="date" name="from" value=${asked.value.from} /></label>
  <label>${t("audit.to")}<input type="date" name="to" value=${asked.value.to} /></label>
  <label>${t("audit.user")}<input name="user" maxlength="128" value=${asked.value.user} autocomplete="off" spellcheck=${false} /></label>
  <label>${t("audit.act")}<input name="act" maxlength="128" value=${asked.value.act} autocomplete="off" spellcheck=${false} /></label>
  <label>${t("audit.target")}<input name="target" maxlength="256" value=${asked.value.target} autocomplete="off" spellcheck=${false} /></label>
  <button class="btn p">${t("audit.search")}</button>
  <a class="btn" href=${"/api/v1" + address({ format: "csv" })} download>CSV</a>
  <button class="btn" type="button" onClick=${check}>${t("audit.check")}</button>
</form>`;

export const Audit = () => {
  const p = page.value;
  if (!p) queueMicrotask(read);
  return html`<h2>${t("admin.audit")}</h2>
    <${Filter} />
    <${Verdict} />
    ${p && p.items.length === 0 && html`<p class="m none">${t("audit.none")}</p>`}
    ${p && p.items.length > 0 && html`<table>
      <thead><tr><th class="n">${t("audit.n")}</th><th>${t("audit.at")}</th><th>${t("audit.user")}</th><th>${t("audit.act")}</th><th>${t("audit.target")}</th><th>${t("audit.addr")}</th></tr></thead>
      <tbody>${p.items.map(
        (e) => html`<tr key=${e.n}><td class="n" title=${e.hash}>${num(e.n)}</td><td class="nw">${dateOf(e.at)} ${clock(e.at)}</td><th scope="row">${plain(e.user) || DASH}</th><td>${plain(e.act)}</td><td class="cut" title=${plain(e.target ?? "", 256)}>${plain(e.target ?? "") || DASH}</td><td class="d">${plain(e.addr ?? "") || DASH}</td></tr>`,
      )}</tbody></table>`}
    ${p?.next && html`<p class="acts"><button class="btn" onClick=${more}>${t("audit.more")}</button></p>`}`;
};
