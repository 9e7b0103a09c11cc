// A call of one's own: any number that is shown can be called by a click, and one can be typed.
import { html, signal } from "../shared/lib.js";
import { t } from "../shared/text.js";
import { view } from "../shared/live.js";
import { own, ask, off, inCall, serves, queueName, problem, newKey } from "./desk.js";

/** What is typed. */
const typed = signal("");
/** In the name of which queue; empty: the agent's own. */
const queue = signal("");

/** A number as it can be dialled: what stands between the digits goes. @param {string} text */
const digits = (text) => text.replace(/[\s().\u2010-\u2015-]/g, "");

/**
 * Rings one's phone, then the number.
 * @param {string} to @param {{ for?: string, queue?: string }} [more] the contact that caused it
 */
export async function dial(to, more = {}) {
  const known = /[*\u2022]/.test(to) ? "" : digits(to); // a masked number the engine knows by its contact
  const body = { id: newKey(), ...(known ? { to: known } : {}), ...(more.for ? { for: more.for } : {}), ...(more.queue ? { queue: more.queue } : {}) };
  if (await ask("calls", body)) typed.value = "";
}

/** What a link asks to call: tel:+86…;ext=1, web+hotline:8002 or the number alone. Anything else of it goes. @param {string} link */
function linked(link) {
  let text = link;
  try {
    text = decodeURIComponent(link); // of a link in a link
  } catch {} // a stray % is no number either
  const [bare] = text.replace(/^(tel|web\+hotline):(\/\/)?/i, "").split(/[;?&/]/);
  return digits(bare).replace(/[^0-9A-Za-z+*#_]/g, "").slice(0, 40);
}

/** Links to numbers on any page are offered to this desk, once the browser has asked the agent. */
export function handleLinks() {
  for (const scheme of ["tel", "web+hotline"]) navigator.registerProtocolHandler(scheme, `${location.origin}/agent?dial=%s`);
}

/** Whether the browser can do that: over https only. */
export const canHandleLinks = () => "registerProtocolHandler" in navigator;

/** A number given in the address is put into the field, not dialled: a link must not call. */
export function dialFromAddress() {
  const asked = new URLSearchParams(location.search).get("dial");
  if (!asked) return;
  typed.value = linked(asked);
  history.replaceState(null, "", location.pathname);
  setTimeout(() => document.getElementById("dial")?.focus(), 300);
}

/** The field; a colleague's id rings the colleague. */
export const Dial = () => {
  const can = own.value.state !== "signed_out" && !inCall.value && own.value.state !== "reserved";
  const fits = typed.value ? view.value.agents.find((/** @type {any} */ a) => a.id === typed.value.trim()) : undefined;
  return html`<form class="dial pad" onSubmit=${(/** @type {Event} */ e) => (e.preventDefault(), digits(typed.value) && dial(typed.value, { queue: queue.value }))}>
    <label for="dial">${t("dial.title")} <kbd>D</kbd></label>
    <input id="dial" type="tel" maxlength="40" autocomplete="off" value=${typed.value} placeholder=${t("dial.who")} onInput=${(/** @type {any} */ e) => (typed.value = e.target.value)} />
    ${serves.value.length > 0 &&
    html`<select aria-label=${t("dial.from")} value=${queue.value} onChange=${(/** @type {any} */ e) => (queue.value = e.target.value)}>
      <option value="">${t("dial.own")}</option>
      ${serves.value.map((q) => html`<option value=${q}>${t("dial.inName", { queue: queueName(q) })}</option>`)}
    </select>`}
    <button class="btn" disabled=${off.value || !can || !digits(typed.value)}>${fits ? t("dial.colleague", { who: fits.name }) : t("todo.call")}<kbd>Enter</kbd></button>
    ${problem.value && typed.value && html`<span class="crit">${problem.value}</span>`}
  </form>`;
};
