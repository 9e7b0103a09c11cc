// Whom a call goes to: a colleague, a queue, a number; and the keypad.
import { html, signal } from "../shared/lib.js";
import { t, code } from "../shared/text.js";
import { view } from "../shared/live.js";
import { State } from "../shared/parts.js";
import { own, call, command, off } from "./desk.js";

/** What is typed. */
const typed = signal("");
/** The customer is told of the transfer first. */
const announce = signal(false);

const LISTED = 6;

/** Colleagues and queues that fit what is typed; who is ready stands first. @param {string} verb @returns {{ to: string, name: string, hint: string, state?: string, over?: boolean }[]} */
function fits(verb) {
  const like = typed.value.trim().toLowerCase();
  const has = (/** @type {string[]} */ ...s) => !like || s.some((x) => x.toLowerCase().includes(like));
  const rank = (/** @type {any} */ a) => (a.state === "ready" ? 0 : a.state === "signed_out" ? 2 : 1);
  const people = view.value.agents
    .filter((/** @type {any} */ a) => a.id !== own.value.id && has(a.id, a.name))
    .sort((/** @type {any} */ a, /** @type {any} */ b) => rank(a) - rank(b))
    .map((/** @type {any} */ a) => ({ to: a.id, name: a.name, hint: a.id, state: a.state, over: a.over }));
  const queues =
    verb === "transfer"
      ? view.value.queues.filter((/** @type {any} */ q) => has(q.id, q.name)).map((/** @type {any} */ q) => ({ to: q.id, name: q.name, hint: t("target.waiting", { n: q.waiting }) }))
      : [];
  return [...people.slice(0, LISTED - Math.min(2, queues.length)), ...queues].slice(0, LISTED);
}

/** @param {string} verb @param {string} to @param {() => void} close */
async function send(verb, to, close) {
  if (!to) return;
  const more = verb === "transfer" && announce.value ? { to, announce: true } : { to };
  if (await command(verb, more)) {
    typed.value = "";
    close();
  }
}

/** @param {KeyboardEvent} e @param {() => void} close */
function move(e, close) {
  const rows = /** @type {HTMLElement[]} */ ([.../** @type {HTMLElement} */ (e.currentTarget).querySelectorAll("input[type=text],.pick button")]);
  const i = rows.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  if (e.key === "ArrowDown") rows[Math.min(rows.length - 1, i + 1)]?.focus();
  else if (e.key === "ArrowUp") rows[Math.max(0, i - 1)]?.focus();
  else if (e.key === "Escape") close();
  else return;
  e.preventDefault();
  e.stopPropagation();
}

const take = (/** @type {HTMLElement | null} */ el) => el?.focus();

/** @param {{ close: () => void }} p */
const Keypad = ({ close }) => html`<div class="pad12" role="group" aria-label=${t("call.keys")} onKeyDown=${(/** @type {KeyboardEvent} */ e) => {
  if (/^[0-9*#]$/.test(e.key)) command("keys", { keys: e.key });
  else if (e.key === "Escape") close();
  else return;
  e.preventDefault();
  e.stopPropagation();
}}>
  ${[..."123456789*0#"].map((k, i) => html`<button type="button" class="btn" ref=${i === 0 ? take : undefined} disabled=${off.value} onClick=${() => command("keys", { keys: k })}>${k}</button>`)}
</div>`;

/** @param {{ verb: string, close: () => void }} p */
export const Target = ({ verb, close }) => {
  if (verb === "keys") return html`<div class="target"><${Keypad} close=${close} /></div>`;
  const rows = fits(verb);
  const digits = typed.value.trim();
  return html`<form class="target" onKeyDown=${(/** @type {KeyboardEvent} */ e) => move(e, close)} onSubmit=${(/** @type {Event} */ e) => (e.preventDefault(), send(verb, /^[+*#\d]+$/.test(digits) ? digits : (rows[0]?.to ?? digits), close))}>
    <div class="line">
      <label for="target">${verb === "consult" ? t("target.consult") : verb === "transfer" ? t("target.transfer") : t("target.conference")}</label>
      <input id="target" type="text" autocomplete="off" ref=${take} value=${typed.value} placeholder=${t("target.who")} onInput=${(/** @type {any} */ e) => (typed.value = e.target.value)} />
      ${verb === "transfer" && html`<label class="check"><input type="checkbox" checked=${announce.value} onChange=${(/** @type {any} */ e) => (announce.value = e.target.checked)} />${t("target.announce")}</label>`}
      <button class="btn p" disabled=${off.value || !(digits || rows.length) || !call.value}>${t("target.go")}<kbd>Enter</kbd></button>
      <button type="button" class="btn" onClick=${close}>${t("target.cancel")}<kbd>Esc</kbd></button>
    </div>
    <ul class="pick">
      ${rows.map(
        (r) => html`<li key=${r.to}><button type="button" disabled=${off.value} onClick=${() => send(verb, r.to, close)}><span class="nm">${r.name}</span><span class="d">${r.hint}</span>${r.state ? html`<${State} state=${r.state} over=${r.over} />` : html`<span class="st">${code("target", "queue")}</span>`}</button></li>`,
      )}
    </ul>
  </form>`;
};
