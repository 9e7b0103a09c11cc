// One's own login: where it is in use, its password, its second factor. Who manages logins sees everybody's sessions.
import { html, signal } from "../shared/lib.js";
import { t } from "../shared/text.js";
import { api } from "../shared/api.js";
import { dayTime, num, plain, DASH } from "../shared/format.js";
import { may, me } from "../shared/shell.js";
import { attempt } from "./file.js";

/** @type {import("../shared/lib.js").Signal<any[] | null>} */
const sessions = signal(null);
const all = signal(false);
/** @type {import("../shared/lib.js").Signal<{ on: boolean, since?: string, recovery_left: number }>} */
const factor = signal({ on: false, recovery_left: 0 });
/** @type {import("../shared/lib.js").Signal<any>} */
const enrolment = signal(null);
/** @type {import("../shared/lib.js").Signal<string[]>} */
const recovery = signal([]);
const done = signal("");

const read = () =>
  attempt(async () => {
    const [list, f] = await Promise.all([api("/sessions" + (all.value ? "?all=true" : "")), api("/me/totp")]);
    factor.value = f;
    sessions.value = list.items;
  });

/** Does something and reads again. @param {() => Promise<string | void>} act */
const change = (act) =>
  attempt(async () => {
    done.value = "";
    done.value = (await act()) ?? "";
    await read();
  });

/** Takes a form's fields, and empties it where it went well. @param {SubmitEvent} e @param {(of: (name: string) => string) => Promise<string | void>} act */
function submit(e, act) {
  e.preventDefault();
  const form = /** @type {HTMLFormElement} */ (e.currentTarget);
  const f = new FormData(form);
  change(async () => {
    const said = await act((n) => String(f.get(n) ?? ""));
    form.reset();
    return said;
  });
}

/** @param {string} path */
const end = (path) => change(async () => t("mine.ended", { n: num((await api(path, { method: "DELETE" })).ended) }));

/** A browser's own account of itself is long and alike: the browser and the system in words, or what else it says. @param {unknown} said */
function device(said) {
  const s = plain(said, 300);
  const first = (/** @type {[RegExp, string][]} */ of) => of.find(([is]) => is.test(s))?.[1];
  const browser = first([[/Edg\w*\//, "Edge"], [/OPR\//, "Opera"], [/Firefox\/|FxiOS\//, "Firefox"], [/Chrome\/|CriOS\//, "Chrome"], [/Version\/.*Safari\//, "Safari"]]);
  const system = first([[/Windows/, "Windows"], [/Android/, "Android"], [/iPhone|iPad/, "iOS"], [/Mac OS X/, "macOS"], [/Linux/, "Linux"]]);
  return browser ? [browser, system].filter(Boolean).join(" · ") : plain(said);
}

const Sessions = () => html`<h2>${t("mine.sessions")} <span class="d">${num(sessions.value?.length ?? 0)}</span><span class="sp"></span>
    ${may("manage_logins") && html`<label><input type="checkbox" checked=${all.value} onChange=${(/** @type {any} */ e) => ((all.value = e.currentTarget.checked), read())} /> ${t("mine.all")}</label>`}
    <button class="btn q" onClick=${() => end("/sessions")}>${t("mine.endOthers")}</button></h2>
  <table><thead><tr><th>${t("admin.name")}</th><th>${t("mine.began")}</th><th>${t("mine.seen")}</th><th>${t("mine.addr")}</th><th>${t("mine.device")}</th><td></td></tr></thead>
    <tbody>${(sessions.value ?? []).map(
      (s) => html`<tr key=${s.id}><th scope="row">${plain(s.user)}</th><td class="nw">${dayTime(s.began)}</td><td class="nw">${dayTime(s.seen)}</td><td>${s.addr || DASH}</td><td class="cut" title=${plain(s.device, 200)}>${device(s.device) || DASH}</td>
        <td class="n">${s.mine ? html`<span class="d">${t("mine.this")}</span>` : html`<button class="btn q" aria-label=${`${t("mine.end")} ${plain(s.user)} ${dayTime(s.began)}`} onClick=${() => end("/sessions/" + s.id)}>${t("mine.end")}</button>`}</td></tr>`,
    )}</tbody></table>`;

const Password = () => html`<h2>${t("mine.password")}</h2>
  <form class="acts" onSubmit=${(/** @type {SubmitEvent} */ e) => submit(e, async (of) => (await api("/me/password", { body: { old: of("old"), new: of("new") } }), t("mine.changed")))}>
    <label>${t("mine.old")} <input name="old" type="password" required maxlength="1024" autocomplete="current-password" /></label>
    <label>${t("mine.new")} <input name="new" type="password" required minlength="8" maxlength="1024" autocomplete="new-password" /></label>
    <button class="btn">${t("mine.change")}</button>
  </form>`;

const CodeForm = (/** @type {{ word: string, path: string, then?: (answer: any) => void }} */ { word, path, then }) => html`<form class="acts" onSubmit=${(/** @type {SubmitEvent} */ e) =>
  submit(e, async (of) => {
    const answer = await api(path, { body: { code: of("code") } });
    then?.(answer);
  })}>
    <label>${t("mine.code")} <input name="code" required maxlength="64" autocomplete="one-time-code" spellcheck=${false} /></label>
    <button class="btn">${word}</button>
  </form>`;

const Factor = () => {
  const f = factor.value;
  const e = enrolment.value;
  const begin = html`<form class="acts" onSubmit=${(/** @type {SubmitEvent} */ ev) => submit(ev, async (of) => void (enrolment.value = await api("/me/totp", { body: { password: of("password") } })))}>
    <label>${t("mine.old")} <input name="password" type="password" required maxlength="1024" autocomplete="current-password" /></label>
    <button class="btn">${t("mine.begin")}</button>
  </form>`;
  return html`<h2>${t("mine.factor")}</h2>
    <p class="m">${f.on ? t("mine.factorOn", { at: dayTime(f.since), n: num(f.recovery_left) }) : t("mine.factorOff")}</p>
    ${recovery.value.length > 0 && html`<p>${t("mine.recovery")}</p><ul>${recovery.value.map((c) => html`<li key=${c}><code>${c}</code></li>`)}</ul>`}
    ${f.on && html`<${CodeForm} word=${t("mine.off")} path="/me/totp/off" then=${() => (recovery.value = [])} />`}
    ${!f.on && !e && begin}
    ${!f.on && e && html`<p>${t("mine.scan")}</p><img src=${e.qr} width="200" height="200" alt=${t("mine.picture")} /><p><code>${e.secret}</code></p>
      <${CodeForm} word=${t("mine.confirm")} path="/me/totp/confirm" then=${(/** @type {any} */ a) => ((recovery.value = a.recovery), (enrolment.value = null))} />`}`;
};

export const Mine = () => {
  if (!sessions.value) queueMicrotask(read);
  return html`<${Sessions} /><p class="note m" role="status">${done.value}</p>${me.value?.sso ? html`<p class="m">${t("mine.sso")}</p>` : html`<${Password} /><${Factor} />`}`;
};
