// What callers hear: listen, put another recording in its place, have it spoken, take it away.
import { html, signal } from "../shared/lib.js";
import { t, lang } from "../shared/text.js";
import { api, Problem, toLogin } from "../shared/api.js";
import { may } from "../shared/shell.js";
import { dur, num, DASH } from "../shared/format.js";
import { attempt, said, busy } from "./file.js";

const MOST = 60 << 20;
/** @type {import("../shared/lib.js").Signal<any[] | null>} */
const list = signal(null);
const chosen = signal({ language: "zh-CN", name: "" });
const find = signal("");
const armed = signal("");

const path = (/** @type {any} */ p) => `/prompts/${p.language || lang.value}/${encodeURIComponent(p.name)}`;
const read = () => attempt(async () => void (list.value = await api("/prompts")));

/** @param {() => Promise<any>} act @param {(made: any) => string} done */
async function change(act, done) {
  const made = await attempt(act);
  if (made === undefined) return;
  await read();
  said.value = { text: done(made), bad: false };
}

/** @param {File} file */
const upload = (file) =>
  change(
    async () => {
      if (file.size > MOST) throw new Problem(413, t("admin.tooLarge", { mb: MOST >> 20 }));
      const res = await fetch("/api/v1" + path(chosen.value), { method: "PUT", headers: { "Content-Type": "audio/wav", "Accept-Language": lang.value }, body: file });
      if (res.status === 401) toLogin();
      const body = await res.json().catch(() => ({}));
      if (!res.ok) throw new Problem(res.status, body.detail ?? res.statusText);
      return body;
    },
    (made) => t("admin.uploaded", { name: chosen.value.name, dur: dur(made.ms) }),
  );

/** @param {SubmitEvent} e */
function speak(e) {
  e.preventDefault();
  const form = /** @type {HTMLFormElement} */ (e.currentTarget);
  const text = /** @type {HTMLTextAreaElement} */ (form.elements.namedItem("text")).value;
  change(() => api(path(chosen.value) + "/speech", { body: { text } }), (made) => t("admin.uploaded", { name: chosen.value.name, dur: dur(made.ms) }));
}

/** @param {any} p */
function remove(p) {
  const id = p.language + "/" + p.name;
  if (armed.value !== id) {
    armed.value = id;
    setTimeout(() => armed.value === id && (armed.value = ""), 3000);
    return;
  }
  armed.value = "";
  change(async () => (await api(path(p), { method: "DELETE" })) ?? {}, () => t("admin.gone", { name: p.name }));
}

const Editor = () => {
  const c = chosen.value;
  const known = list.value?.find((p) => p.name === c.name && (p.language === c.language || !p.language));
  const set = (/** @type {any} */ e) => (chosen.value = { ...c, [e.currentTarget.name]: e.currentTarget.value });
  return html`<div class="form">
    <h2>${c.name || t("admin.new")}</h2>
    <label>${t("admin.name")}<input name="name" value=${c.name} onInput=${set} maxlength="64" pattern="[A-Za-z0-9_][A-Za-z0-9_.\\-]*" spellcheck=${false} autocapitalize="none" /></label>
    <label>${t("admin.language")}<select name="language" value=${c.language} onChange=${set}>${["zh-CN", "en-US"].map((l) => html`<option value=${l} selected=${l === c.language}>${l}</option>`)}</select></label>
    ${known && html`<p class="wide"><audio key=${path(c) + known.changed} controls preload="none" src=${"/api/v1" + path(c) + "?of=" + encodeURIComponent(known.changed ?? "")}></audio></p>
      <p class="wide m">${known.uses.length ? t("admin.usedBy", { where: known.uses.join(", ") }) : t("admin.unused")}</p>`}
    ${may("edit_centre") && html`<p class="acts wide"><label class="btn file">${t("admin.upload")}<input id="wav" type="file" accept=".wav,audio/wav" disabled=${!c.name || busy.value} onChange=${(/** @type {any} */ e) => e.currentTarget.files[0] && upload(e.currentTarget.files[0]).finally(() => (e.target.value = ""))} /></label>
        <span class="sp"></span>
        ${known?.own && html`<button class=${armed.value ? "btn x" : "btn q"} onClick=${() => remove({ ...known, language: c.language })}>${armed.value ? t("admin.removeAgain") : t("admin.remove")}</button>`}</p>
      <form class="wide" onSubmit=${speak}><label>${t("admin.speak")}<textarea name="text" rows="3" required maxlength="2000"></textarea></label><button class="btn" disabled=${!c.name || busy.value}>${t("admin.speakNow")}</button></form>
      <p class="d wide">${t("admin.soundHint")}</p>`}
    <p class=${"said wide " + (said.value.bad ? "crit" : "m")} role="status">${said.value.text}</p>
  </div>`;
};

export const Prompts = () => {
  if (list.value === null) {
    list.value = [];
    queueMicrotask(read);
  }
  const rows = (list.value ?? []).filter((p) => !find.value || p.name.includes(find.value) || p.uses.join(" ").includes(find.value));
  return html`<div class="part">
    <div class="list">
      <h2>${t("admin.prompts")} <span class="d">${num(list.value?.length)}</span><span class="sp"></span>
        <input type="search" class="find" aria-label=${t("admin.find")} placeholder=${t("admin.find")} value=${find.value} onInput=${(/** @type {any} */ e) => (find.value = e.currentTarget.value)} />
        ${may("edit_centre") && html`<button class="btn" onClick=${() => (chosen.value = { language: lang.value, name: "" })}>${t("admin.new")}</button>`}</h2>
      <table><thead><tr><th>${t("admin.name")}</th><th>${t("admin.language")}</th><th>${t("admin.origin")}</th><th>${t("admin.uses")}</th></tr></thead>
        <tbody>${rows.map(
          (p) => html`<tr key=${p.name + p.language} class=${p.name === chosen.value.name && (p.language || chosen.value.language) === chosen.value.language ? "on" : ""} onClick=${() => (chosen.value = { language: p.language || lang.value, name: p.name })}>
            <th scope="row"><button class="pick">${p.name}</button></th><td>${p.language || DASH}</td>
            <td>${p.own ? html`<b>${t("admin.own")}</b>` : html`<span class="d">${t("admin.default")}</span>`}</td><td class="cut">${p.uses.join(", ") || html`<span class="d">${DASH}</span>`}</td></tr>`,
        )}</tbody></table>
    </div>
    <div class="edit"><${Editor} /></div>
  </div>`;
};
