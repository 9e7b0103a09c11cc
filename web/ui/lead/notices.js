// The board: what agents are to know, who has read it, and a form to post, change and take down.
import { html, signal } from "../shared/lib.js";
import { t } from "../shared/text.js";
import { api } from "../shared/api.js";
import { dayTime, num } from "../shared/format.js";
import { view } from "../shared/live.js";
import { act, busy, Twice } from "./ask.js";

/** @type {import("../shared/lib.js").Signal<any[]>} */
const items = signal([]);
/** What is being written: a new notice has no id. Null: nothing. @type {import("../shared/lib.js").Signal<{ id: string, title: string, text: string, team: string } | null>} */
const draft = signal(null);
/** Whose readers are shown. */
const opened = signal("");

/** Loads the board. */
export async function loadNotices() {
  items.value = (await api("/notices")).items;
}

/** @param {Event} e */
async function post(e) {
  e.preventDefault();
  const d = draft.value;
  if (!d?.title.trim()) return;
  const body = { title: d.title, text: d.text, ...(d.team && { teams: [d.team] }) };
  const done = d.id ? await act("/notices/" + encodeURIComponent(d.id), { method: "PUT", body }) : await act("/notices", { body, once: true });
  if (done) close();
}

/** The form goes, and whoever types goes on from where it was opened. */
function close() {
  draft.value = null;
  requestAnimationFrame(() => /** @type {HTMLElement | null} */ (document.querySelector(".notices h2 .btn"))?.focus());
}

/** The form is opened to be typed in: it is always the same function, so it is called once. @param {HTMLElement | null} el */
const begin = (el) => el?.focus();

/** @param {"title" | "text" | "team"} k */
const set = (k) => (/** @type {any} */ e) => (draft.value = { .../** @type {any} */ (draft.value), [k]: e.target.value });

const Form = () => {
  const d = /** @type {any} */ (draft.value);
  const teams = [...new Map(view.value.agents.filter((/** @type {any} */ a) => a.team).map((/** @type {any} */ a) => [a.team, a.team_name || a.team]))];
  return html`<li><form class="notice" onSubmit=${post}>
    <input ref=${begin} aria-label=${t("notice.heading")} placeholder=${t("notice.heading")} maxlength="200" required value=${d.title} onInput=${set("title")} />
    <textarea aria-label=${t("notice.text")} placeholder=${t("notice.text")} maxlength="4000" rows="3" onInput=${set("text")}>${d.text}</textarea>
    <p class="row"><select aria-label=${t("notice.for")} value=${d.team} onChange=${set("team")}><option value="">${t("notice.everybody")}</option>${teams.map(([id, name]) => html`<option key=${id} value=${id}>${name}</option>`)}</select>
      <span class="sp"></span><button type="button" class="btn q" onClick=${close}>${t("notice.cancel")}</button><button class="btn p" disabled=${busy.value || !d.title.trim()}>${d.id ? t("notice.change") : t("notice.post")}</button></p>
    ${d.id && html`<p class="m">${t("notice.again")}</p>`}
  </form></li>`;
};

/** @param {{ n: any }} p */
const One = ({ n }) => {
  const read = n.readers?.length ?? 0;
  const of = read + (n.waiting?.length ?? 0);
  const names = (/** @type {any[]} */ list) => list.map((r) => r.name || r.user).join(t("call.comma"));
  return html`<li><p><b><bdi>${n.title}</bdi></b><span class="sp"></span><span class="d">${dayTime(n.changed ?? n.posted)}</span></p>
    <p class="row"><button class="btn q" aria-expanded=${opened.value === n.id} onClick=${() => (opened.value = opened.value === n.id ? "" : n.id)}>${t("notice.readBy", { n: num(read), of: num(of) })}</button><span class="sp"></span>
      <button class="btn q" disabled=${busy.value} onClick=${() => (draft.value = { id: n.id, title: n.title, text: n.text ?? "", team: n.teams?.[0] ?? "" })}>${t("notice.edit")}</button>
      <${Twice} id=${"n" + n.id} kind="q" word=${t("notice.remove")} again=${t("lead.sure")} go=${() => act("/notices/" + encodeURIComponent(n.id), { method: "DELETE" })} /></p>
    ${opened.value === n.id && html`<p class="note m">${t("notice.waiting")} ${n.waiting?.length ? names(n.waiting) : "—"}</p>`}
  </li>`;
};

export const Notices = () => {
  const shown = items.value.filter((n) => n.state !== "removed");
  return html`<section class="notices">
    <h2>${t("notice.title")} <span class="d">${num(shown.length)}</span><span class="sp"></span>${!draft.value && html`<button class="btn" onClick=${() => (draft.value = { id: "", title: "", text: "", team: "" })}>${t("notice.new")}</button>`}</h2>
    ${shown.length === 0 && !draft.value && html`<p class="m none">${t("notice.none")}</p>`}
    <ul>${draft.value && html`<${Form} />`}${shown.map((n) => html`<${One} key=${n.id} n=${n} />`)}</ul>
  </section>`;
};
