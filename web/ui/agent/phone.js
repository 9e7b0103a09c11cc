// How one's phone is: a line in the head, the choice of it behind.
import { html } from "../shared/lib.js";
import { t, code } from "../shared/text.js";
import * as page from "../phone/phone.js";
import { quality } from "../phone/quality.js";
import { own, problem, off } from "./desk.js";
import { Choices, usePhone } from "./signin.js";
import { canHandleLinks, handleLinks } from "./dial.js";
import { Sheet, sheet, close } from "./sheet.js";

/** The phone in this page is on. */
const pageOn = () => page.state.value !== "off";

/** What the line says. @param {any} a */
function says(a) {
  if (pageOn()) {
    const q = quality.value;
    const figures = q && [q.loss !== null && t("phone.loss", { n: (q.loss * 100).toFixed(1) }), q.rtt !== null && t("phone.rtt", { n: Math.round(q.rtt) })].filter(Boolean);
    return [t("signin.page"), ...(figures?.length ? figures : [code("phone.state", page.state.value)])].join(t("call.comma"));
  }
  if (a.phone?.startsWith("tel:")) return t("signin.number");
  if (a.phone) return t("lead.atDesk", { desk: a.phone });
  return a.device ? t("desk.phone") : t("desk.noPhoneShort");
}

/** Whether calls can come to it. @param {any} a */
const sound = (a) => (pageOn() ? page.state.value === "ready" : a.device || !!a.phone);

export const PhoneLine = () => {
  const a = own.value;
  return html`<button type="button" class=${"btn q line" + (sound(a) ? "" : " crit")} onClick=${() => (sheet.value = "phone")}>${says(a)}</button>`;
};

/** Another phone, at any time but during a call. */
export const PhoneSheet = () => html`<${Sheet} title=${t("phone.sheet")}>
  <form class="signin" onSubmit=${async (/** @type {Event} */ e) => (e.preventDefault(), (await usePhone()) && close())}>
    <${Choices} />
    <p class="crit" role="alert">${problem.value}</p>
    <button class="btn p" disabled=${off.value}>${t("phone.use")}<kbd>Enter</kbd></button>
    ${canHandleLinks() && html`<p class="m">${t("dial.linksHint")}</p><button type="button" class="btn" id="links" onClick=${handleLinks}>${t("dial.links")}</button>`}
  </form>
</${Sheet}>`;

/** Answers at the phone in this page if it rings there, else asks the engine. @param {() => Promise<any>} otherwise */
export const answerHere = (otherwise) => (page.call.value?.state === "ringing" ? page.answer() : otherwise());

/** The phone in this page rings. */
export const ringsHere = () => page.call.value?.state === "ringing";

