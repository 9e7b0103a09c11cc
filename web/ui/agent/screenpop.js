// The page about the customer in another system, as the queue says. It opens by a click, or by itself if the agent wants that.
import { html, signal, effect } from "../shared/lib.js";
import { t } from "../shared/text.js";
import { own, card } from "./desk.js";

/** When it opens by itself: "" never, "offer", "answer". */
const when = signal(localStorage.getItem("desk.pop") ?? "");
/** The browser did not let it open. */
const blocked = signal(false);

/** Only a page of the web; anything else is no address. @param {any} c @returns {string} */
const address = (c) => (typeof c?.screen_pop === "string" && /^https?:\/\//i.test(c.screen_pop) ? c.screen_pop : "");

/** The states in which it is time. @type {Record<string, string[]>} */
const TIME = {
  offer: ["reserved", "ringing", "talking", "held", "consulting", "conference"],
  answer: ["talking", "held", "consulting", "conference"],
};

/** Opens it once for each contact; a page loaded anew does not open it again. */
function openInTime() {
  const c = card.value;
  const to = address(c);
  if (!to || c.contact !== own.value?.contact || !TIME[when.value]?.includes(own.value.state)) return;
  if (sessionStorage.getItem("desk.popped") === c.contact) return;
  sessionStorage.setItem("desk.popped", c.contact);
  blocked.value = window.open(to, "hotline-crm") === null;
}

/** Follows the calls for the page's life. */
export const followPops = () => effect(openInTime);

/** @param {string} v */
function choose(v) {
  when.value = v;
  localStorage.setItem("desk.pop", v);
}

/** The button on the card. @param {{ c: any }} p */
export const ScreenPop = ({ c }) => {
  const to = address(c);
  if (!to) return null;
  return html`<div class="pop">
    <a class="btn" id="screenpop" href=${to} target="hotline-crm" rel="noreferrer">${t("pop.open")}</a>
    <select aria-label=${t("pop.when")} value=${when.value} onChange=${(/** @type {any} */ e) => choose(e.target.value)}>
      <option value="">${t("pop.never")}</option>
      <option value="offer">${t("pop.offer")}</option>
      <option value="answer">${t("pop.answer")}</option>
    </select>
    ${blocked.value && html`<span class="crit">${t("pop.blocked")}</span>`}
  </div>`;
};
