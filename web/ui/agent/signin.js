// Signing in: at which phone one sits, and then ready.
import { html, signal } from "../shared/lib.js";
import { t } from "../shared/text.js";
import { own, ask, off, problem } from "./desk.js";

/** The choice of last time. */
const chosen = signal(localStorage.getItem("desk.phone") ?? "own");
const seat = signal(localStorage.getItem("desk.seat") ?? "");

/** @param {string} kind */
function choose(kind) {
  chosen.value = kind;
  localStorage.setItem("desk.phone", kind);
}

/** The phone in the page is wanted. */
export const wantsPagePhone = () => chosen.value === "page";

/** Says where one sits, and that one is there. */
export async function signIn() {
  const a = own.value;
  if (chosen.value === "desk" && seat.value) localStorage.setItem("desk.seat", seat.value);
  const phone = chosen.value === "desk" ? seat.value.trim() : chosen.value === "number" ? `tel:${a.id}` : "";
  if (phone !== (a.phone ?? "") && !(await ask("phone", { phone }))) return;
  await ask("state", { state: "ready" });
}

/** One choice. @param {{ kind: string, word: string, hint: any, children?: any }} p */
const Choice = ({ kind, word, hint, children }) => html`<li class=${chosen.value === kind ? "on" : ""}>
  <label><input type="radio" name="phone" value=${kind} checked=${chosen.value === kind} onChange=${() => choose(kind)} /><b>${word}</b></label>
  <p class="m">${hint}</p>
  ${chosen.value === kind && children}
</li>`;

/** @param {{ pane?: any }} p the phone of the page, where it is built in */
export const SignIn = ({ pane }) => {
  const a = own.value;
  return html`<section class="signin pad" aria-label=${t("signin.title")}>
    <h2>${t("signin.title")}</h2>
    <p class="m">${t("signin.where")}</p>
    <form onSubmit=${(/** @type {Event} */ e) => (e.preventDefault(), signIn())}>
      <ul>
        <${Choice} kind="own" word=${t("signin.own")} hint=${a.device ? t("desk.phone") : html`<span class="crit">${t("signin.notThere")}</span>`} />
        ${pane && html`<${Choice} kind="page" word=${t("signin.page")} hint=${t("signin.pageHint")}>${pane}</${Choice}>`}
        <${Choice} kind="number" word=${t("signin.number")} hint=${t("signin.numberHint")} />
        <${Choice} kind="desk" word=${t("signin.desk")} hint=${t("signin.deskHint")}>
          <input type="text" maxlength="64" aria-label=${t("signin.deskId")} placeholder=${t("signin.deskId")} value=${seat.value} onInput=${(/** @type {any} */ e) => (seat.value = e.target.value)} />
        </${Choice}>
      </ul>
      <p class="crit" role="alert">${problem.value}</p>
      <button class="btn p" id="signin" disabled=${off.value || (chosen.value === "desk" && !seat.value.trim())}>${t("desk.signIn")}<kbd>F2</kbd></button>
    </form>
  </section>`;
};
