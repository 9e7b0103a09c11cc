// Signing in: at which phone one sits, and then ready.
import { html, signal } from "../shared/lib.js";
import { t } from "../shared/text.js";
import { own, ask, off, problem } from "./desk.js";
import * as page from "../phone/phone.js";
import { Pane } from "../phone/pane.js";

/** The choice of last time: own, page, number, desk. */
const chosen = signal(localStorage.getItem("desk.phone") ?? "own");
const seat = signal(localStorage.getItem("desk.seat") ?? "");

/** @param {string} kind */
function choose(kind) {
  chosen.value = kind;
  localStorage.setItem("desk.phone", kind);
  if (kind === "page" && page.state.value === "off") page.start();
}

/** Tells the engine where one sits; the phone in the page goes off where another was chosen. */
export async function usePhone() {
  const a = own.value;
  if (chosen.value === "desk") localStorage.setItem("desk.seat", seat.value.trim());
  if (chosen.value === "page" && page.state.value === "off") page.start();
  if (chosen.value !== "page" && page.state.value !== "off") page.stop();
  const phone = chosen.value === "desk" ? seat.value.trim() : chosen.value === "number" ? `tel:${a.id}` : "";
  return phone === (a.phone ?? "") || !!(await ask("phone", { phone }));
}

/** Says where one sits, and that one is there. */
export async function signIn() {
  if (await usePhone()) await ask("state", { state: "ready" });
}

/** One choice. @param {{ kind: string, word: string, hint: any, children?: any }} p */
const Choice = ({ kind, word, hint, children }) => html`<li class=${chosen.value === kind ? "on" : ""}>
  <label><input type="radio" name="phone" value=${kind} checked=${chosen.value === kind} onChange=${() => choose(kind)} /><b>${word}</b></label>
  <p class="m">${hint}</p>
  ${chosen.value === kind && html`<div class="more">${children}</div>`}
</li>`;

/** The phones that there are. */
export const Choices = () => html`<ul>
  <${Choice} kind="own" word=${t("signin.own")} hint=${own.value.device ? t("desk.phone") : html`<span class="crit">${t("signin.notThere")}</span>`} />
  <${Choice} kind="page" word=${t("signin.page")} hint=${t("signin.pageHint")}><${Pane} controls=${false} /></${Choice}>
  <${Choice} kind="number" word=${t("signin.number")} hint=${t("signin.numberHint")} />
  <${Choice} kind="desk" word=${t("signin.desk")} hint=${t("signin.deskHint")}>
    <input type="text" maxlength="64" required aria-label=${t("signin.deskId")} placeholder=${t("signin.deskId")} value=${seat.value} onInput=${(/** @type {any} */ e) => (seat.value = e.target.value)} />
  </${Choice}>
</ul>`;

export const SignIn = () => html`<section class="pad signin" aria-label=${t("signin.title")}>
  <h2>${t("signin.title")}</h2>
  <p class="m">${t("signin.where")}</p>
  <form onSubmit=${(/** @type {Event} */ e) => (e.preventDefault(), signIn())}>
    <${Choices} />
    <p class="crit" role="alert">${problem.value}</p>
    <button class="btn p" id="signin" disabled=${off.value || (chosen.value === "desk" && !seat.value.trim())}>${t("desk.signIn")}<kbd>F2</kbd></button>
  </form>
</section>`;
