// The screens on which a board stands: each has a key of its own that shows this board and nothing else.
import { html, signal } from "../shared/lib.js";
import { t } from "../shared/text.js";
import { api, Problem } from "../shared/api.js";
import { dayMinute, plain } from "../shared/format.js";
import { draft, said } from "./model.js";

/** @type {import("../shared/lib.js").Signal<any[]>} */
const screens = signal([]);
/** The key that was made just now: shown once. @type {import("../shared/lib.js").Signal<any>} */
const made = signal(null);
/** The one whose revoking is asked for a second time. */
const sure = signal("");

export async function loadScreens() {
  screens.value = (await api("/kiosks")).items;
}

/** @param {() => Promise<void>} what */
const attempt = (what) =>
  what().catch((e) => {
    said.value = { text: (e instanceof Problem && e.message) || t("error.unreachable"), bad: true };
  });

/** @param {SubmitEvent} e */
function make(e) {
  e.preventDefault();
  const form = /** @type {HTMLFormElement} */ (e.target);
  const label = String(new FormData(form).get("label") ?? "");
  void attempt(async () => {
    made.value = await api("/kiosks", { body: { board: draft.value?.name, label } });
    form.reset();
    await loadScreens();
    document.querySelector(".made input")?.scrollIntoView({ block: "nearest" });
  });
}

/** @param {string} id */
function revoke(id) {
  if (sure.value !== id) {
    sure.value = id;
    return;
  }
  sure.value = "";
  void attempt(async () => {
    await api("/kiosks/" + id, { method: "DELETE" });
    if (made.value?.id === id) made.value = null;
    await loadScreens();
  });
}

/** The whole address of the screen. @param {any} k */
const addressOf = (k) => location.origin + k.address;

export const Screens = () => {
  const board = draft.value;
  if (!board) return null;
  const own = screens.value.filter((k) => k.board === board.name);
  return html`<section class="screens" aria-label=${t("boards.screens")}>
    <h2>${t("boards.screens")}</h2>
    ${board.version === 0 && board.name !== "main" ? html`<p class="d">${t("boards.saveFirst")}</p>` : html`<form onSubmit=${make}>
      <label class="field"><span>${t("boards.screenLabel")}</span><input name="label" maxlength="60" autocomplete="off" /></label><button class="btn">${t("boards.newScreen")}</button>
    </form>`}
    ${made.value && made.value.board === board.name && html`<div class="made" role="status"><p>${t("boards.once")}</p>
      <input readonly aria-label=${t("boards.address")} value=${addressOf(made.value)} onFocus=${(/** @type {FocusEvent} */ e) => /** @type {HTMLInputElement} */ (e.target).select()} />
      <button class="btn" onClick=${() => navigator.clipboard?.writeText(addressOf(made.value))}>${t("boards.copyAddress")}</button></div>`}
    ${own.length === 0 ? html`<p class="d">${t("boards.noScreens")}</p>` : html`<table><thead><tr><th>${t("boards.screenLabel")}</th><th>${t("boards.seen")}</th><th>${t("boards.madeBy")}</th><td></td></tr></thead>
      <tbody>${own.map((k) => html`<tr key=${k.id}><th scope="row">${plain(k.label) || k.id.slice(0, 6)}</th><td class="nw">${k.seen ? `${dayMinute(k.seen)} ${plain(k.addr)}` : t("boards.never")}</td><td>${plain(k.by)} ${dayMinute(k.made)}</td>
        <td class="n"><button class=${sure.value === k.id ? "btn x" : "btn q"} onBlur=${() => (sure.value = "")} onClick=${() => revoke(k.id)}>${sure.value === k.id ? t("boards.sure") : t("boards.revoke")}</button></td></tr>`)}</tbody></table>`}
  </section>`;
};
