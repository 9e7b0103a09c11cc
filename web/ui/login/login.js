// The log-in page: name, password, and on to where one wanted to go.
import { html, render, signal, effect, Glyph } from "../shared/lib.js";
import { t } from "../shared/text.js";
import { api, Problem } from "../shared/api.js";
import { LangButton, places } from "../shared/shell.js";

/** @typedef {import("../shared/text.js").Key} Key */

/** @type {import("../shared/lib.js").Signal<Key | "">} */
const problem = signal("");
const status = signal(0);
const busy = signal(false);
/** The password was right, and the login asks for a code too. */
const second = signal(false);
const CODE = "urn:hotline:second-factor";

/** Where to go: what was asked for, if it is one of our pages, else the first page that the login may see. @param {any} me */
function onward(me) {
  const next = new URLSearchParams(location.search).get("next");
  if (next && [...places.map((p) => p.at), "/mine"].some((at) => next === at || next.startsWith(at + "?"))) return next; // "//other.site" is none
  if (me.agent) return "/agent";
  return places.find((p) => me.permissions.includes(p.need))?.at ?? "/";
}

/** @param {number} code @returns {Key} */
function words(code) {
  if (code === 401 || code === 422) return "login.wrong";
  if (code === 429) return "login.many";
  return code === 0 ? "error.unreachable" : "login.closed";
}

/** @param {SubmitEvent} e */
async function submit(e) {
  e.preventDefault();
  if (busy.value) return;
  const form = /** @type {HTMLFormElement} */ (e.currentTarget);
  const user = /** @type {HTMLInputElement} */ (form.elements.namedItem("user"));
  const password = /** @type {HTMLInputElement} */ (form.elements.namedItem("password"));
  const code = /** @type {HTMLInputElement | null} */ (form.elements.namedItem("code"));
  status.value = 0;
  if (code && !code.value.trim()) {
    problem.value = "login.emptyCode";
    code.focus();
    return;
  }
  if (!user.value.trim() || !password.value) {
    problem.value = "login.empty";
    (user.value.trim() ? password : user).focus();
    return;
  }
  busy.value = true;
  problem.value = "";
  try {
    const { me } = await api("/login", { body: { user: user.value.trim(), password: password.value, ...(code ? { code: code.value.trim() } : {}) }, stay: true });
    location.replace(onward(me));
  } catch (err) {
    status.value = err instanceof Problem ? err.status : 0;
    problem.value = words(status.value);
    busy.value = false;
    if (err instanceof Problem && err.type === CODE) {
      problem.value = second.value ? "login.wrongCode" : "";
      second.value = true;
      if (code) code.value = "";
      requestAnimationFrame(() => document.getElementById("code")?.focus());
      return;
    }
    second.value = false;
    if (status.value === 401) password.value = "";
    password.focus();
  }
}

/** The identity provider that people may log in by; empty: none. */
const sso = signal("");
api("/about", { stay: true }).then((a) => (sso.value = a.sso ?? ""), () => {});
/** What the way back from it says went wrong. @type {Record<string, Key>} */
const failures = { sso_denied: "login.ssoDenied", sso_role: "login.ssoRole", sso_expired: "login.ssoExpired", sso_down: "login.ssoDown" };
problem.value = failures[new URLSearchParams(location.search).get("problem") ?? ""] ?? "";

const bad = () => problem.value === "login.wrong" || problem.value === "login.empty";

const Page = () => html`<main>
  <h1>Hotline<${LangButton} /></h1>
  <form onSubmit=${submit} novalidate aria-label=${t("login.title")}>
    <label for="user">${t("login.user")}</label>
    <input id="user" name="user" autocomplete="username" autocapitalize="none" spellcheck=${false} maxlength="128" autofocus aria-invalid=${bad()} aria-describedby="problem" />
    <label for="password">${t("login.password")}</label>
    <input id="password" name="password" type="password" autocomplete="current-password" maxlength="1024" aria-invalid=${bad()} aria-describedby="problem" />
    ${second.value && html`<label for="code">${t("login.code")}</label>
    <input id="code" name="code" autocomplete="one-time-code" autocapitalize="none" spellcheck=${false} maxlength="64" aria-invalid=${problem.value !== ""} aria-describedby="problem" />`}
    <button class="btn p" disabled=${busy.value}>${busy.value ? t("login.busy") : t("login.enter")}</button>
  </form>
  ${sso.value && html`<a class="btn sso" href=${"/api/v1/sso/begin?next=" + encodeURIComponent(new URLSearchParams(location.search).get("next") ?? "")}>${t("login.sso", { name: sso.value })}</a>`}
  <div class="problem" id="problem" role="alert">
    ${problem.value && html`<${Glyph} name="crit" /><span>${t(problem.value)} ${status.value > 0 && status.value !== 401 && html`<small>${t("error.number", { n: status.value })}</small>`}</span>`}
  </div>
</main>`;

effect(() => {
  document.title = `${t("login.title")} — Hotline`;
});
render(html`<${Page} />`, document.body);
document.getElementById("user")?.focus();
