// The logins: list, add or change, take away.
import { html, signal } from "../shared/lib.js";
import { t, code } from "../shared/text.js";
import { api, Problem } from "../shared/api.js";
import { dayTime, num, DASH } from "../shared/format.js";
import { me } from "../shared/shell.js";

const roles = ["wallboard", "qa", "coordinator", "team_lead", "lead", "director"]; // an agent has its login by the centre
const AGAIN = 3000;

/** @type {import("../shared/lib.js").Signal<any[]>} */
const users = signal([]);
const note = signal({ text: "", bad: false });
/** What was pressed once: a login to remove, or its second factor. */
const armed = signal("");

export async function loadLogins() {
  users.value = await api("/users");
}

/** Does something, tells how it went and reads the list again. @param {() => Promise<any>} act @param {string} done */
async function attempt(act, done) {
  try {
    await act();
    note.value = { text: done, bad: false };
    await loadLogins();
    return true;
  } catch (e) {
    const p = e instanceof Problem ? e : new Problem(0, "");
    note.value = { text: t("admin.notDone", { why: p.message || t("error.unreachable") }), bad: true };
    return false;
  }
}

/** Does what cannot be undone when it is pressed a second time. @param {string} what @param {() => void} act */
function twice(what, act) {
  if (armed.value === what) {
    armed.value = "";
    act();
    return;
  }
  armed.value = what;
  setTimeout(() => armed.value === what && (armed.value = ""), AGAIN);
}

/** @param {string} name */
const remove = (name) => twice(name, () => attempt(() => api("/users/" + encodeURIComponent(name), { method: "DELETE" }), t("admin.removed", { name })));

/** Takes the second factor of somebody who has lost it. @param {string} name */
const reset = (name) => twice("totp " + name, () => attempt(() => api(`/users/${encodeURIComponent(name)}/totp`, { method: "DELETE" }), t("admin.secondGone", { name })));

/** @param {SubmitEvent} e */
async function add(e) {
  e.preventDefault();
  const form = /** @type {HTMLFormElement} */ (e.currentTarget);
  const field = (/** @type {string} */ n) => /** @type {HTMLInputElement} */ (form.elements.namedItem(n)).value;
  const name = field("name").trim();
  const known = users.value.some((u) => u.name === name);
  const ok = await attempt(
    () => api("/users/" + encodeURIComponent(name), { method: "PUT", body: { role: field("role"), password: field("password") } }),
    known ? t("admin.changed", { name }) : t("admin.added", { name }),
  );
  if (ok) form.reset();
}

export const Logins = () => html`<section>
  <h2>${t("admin.logins")} <span class="d">${num(users.value.length)}</span></h2>
  <table class="logins">
    <thead><tr><th>${t("admin.name")}</th><th>${t("admin.role")}</th><th>${t("admin.since")}</th><th>${t("admin.second")}</th><td></td></tr></thead>
    <tbody>${users.value.map((u) => html`<tr key=${u.name}>
      <th scope="row">${u.name}</th><td>${code("role", u.role)}</td><td class="m nw">${dayTime(u.created)}</td>
      <td>${u.second_factor ? html`<button class=${armed.value === "totp " + u.name ? "btn x" : "btn q"} onClick=${() => reset(u.name)} aria-label=${`${t("admin.resetSecond")} ${u.name}`}>${armed.value === "totp " + u.name ? t("admin.resetAgain") : t("admin.resetSecond")}</button>` : html`<span class="d">${DASH}</span>`}</td>
      <td class="n">${u.name === me.value.user
        ? html`<span class="d">${t("admin.you")}</span>`
        : html`<button class=${armed.value === u.name ? "btn x" : "btn q"} onClick=${() => remove(u.name)} aria-label=${`${armed.value === u.name ? t("admin.removeAgain") : t("admin.remove")} ${u.name}`}>${armed.value === u.name ? t("admin.removeAgain") : t("admin.remove")}</button>`}</td>
    </tr>`)}</tbody>
  </table>
  <form class="add" onSubmit=${add}>
    <label>${t("admin.name")}<input name="name" required maxlength="64" autocomplete="off" autocapitalize="none" spellcheck=${false} /></label>
    <label>${t("admin.role")}<select name="role">${roles.map((r) => html`<option value=${r}>${code("role", r)}</option>`)}</select></label>
    <label>${t("login.password")}<input name="password" type="password" required maxlength="1024" autocomplete="new-password" /></label>
    <button class="btn p">${t("admin.save")}</button>
  </form>
  <p class=${"note " + (note.value.bad ? "crit" : "m")} role="status">${note.value.text}</p>
</section>`;
