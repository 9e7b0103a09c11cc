// One's own state, and what can be done about it.
import { html, signal, Glyph } from "../shared/lib.js";
import { t } from "../shared/text.js";
import { dur, number } from "../shared/format.js";
import { now, since, view } from "../shared/live.js";
import { State } from "../shared/parts.js";
import { reasons, reasonWord } from "../shared/reasons.js";

/** @typedef {(path: string, body?: object, method?: string) => Promise<void>} Ask */

/** A call is under way: what is chosen takes effect after it. @param {any} a */
const inCall = (a) => ["reserved", "ringing", "talking", "held", "consulting", "conference", "outbound"].includes(a.state);

const AGAIN = 3000;
/** Signing out takes a second press; until when it counts. */
const armed = signal(0);

/** @param {Ask} ask */
function signOut(ask) {
  if (armed.value > Date.now()) {
    armed.value = 0;
    ask("state", { state: "signed_out" });
    return;
  }
  armed.value = Date.now() + AGAIN;
  setTimeout(() => armed.value <= Date.now() && (armed.value = 0), AGAIN + 50);
}

/** @param {Ask} ask */
const ready = (ask) => ask("state", { state: "ready" });
/** A reason that is limited or needs a lead's word is asked for: at once if it can be, else in line. @param {Ask} ask @param {string} reason */
function notReady(ask, reason) {
  const r = reasons.value.find((x) => x.id === reason);
  if (r && (r.approve || r.max_at_once > 0)) ask("break", { reason });
  else ask("state", { state: "not_ready", reason });
}
/** @param {Ask} ask */
const endWrap = (ask) => ask("end-wrap-up");

/** The keys of the desk. @param {KeyboardEvent} e @param {any} a @param {Ask} ask */
export function keys(e, a, ask) {
  if (e.repeat || e.altKey || e.metaKey || /^(INPUT|TEXTAREA|SELECT)$/.test(/** @type {HTMLElement} */ (e.target).tagName)) return;
  const reason = /^[1-9]$/.test(e.key) && !e.ctrlKey ? reasons.value[+e.key - 1] : undefined;
  if (e.key === "F2") ready(ask);
  else if (e.key === "F8") signOut(ask);
  else if (e.key === "Enter" && e.ctrlKey && a.state === "wrap_up") endWrap(ask);
  else if (reason && a.state !== "signed_out") notReady(ask, reason.id);
  else return;
  e.preventDefault();
}

/** What is left of the time that the state allows. @param {{ a: any }} p */
const Left = ({ a }) => {
  const spent = since(a.since) ?? 0;
  if (a.state === "wrap_up" && a.wrap_until) {
    return html`<div class="left"><span>${t("desk.leftSeconds", { s: Math.max(0, Math.ceil((Date.parse(a.wrap_until) - now.value) / 1000)) })}</span></div><span class="bul none"></span>`;
  }
  if (!a.allowance_ms) return html`<div class="left"></div><span class="bul none"></span>`;
  if (a.over) return html`<div class="left crit b">${t("desk.overBy", { t: dur(spent - a.allowance_ms) })}</div><span class="bul crit" aria-hidden="true"><i style=${{ width: "100%" }}></i></span>`;
  return html`<div class="left"><span>${t("desk.left", { t: dur(a.allowance_ms - spent) })}</span></div>
    <span class="bul" aria-hidden="true"><i style=${{ width: Math.min(100, (spent / a.allowance_ms) * 100) + "%" }}></i></span>`;
};

/** The call one is in. @param {{ a: any }} p */
const About = ({ a }) => {
  const call = view.value.calls.find((/** @type {any} */ c) => c.id === a.call);
  const queue = view.value.queues.find((/** @type {any} */ q) => q.id === a.queue);
  if (!call) return html`<p class=${a.device ? "about" : "about crit"}>${a.device ? t("desk.phone") : t("desk.noPhone")}${a.phone && ` · ${t("lead.atDesk", { desk: a.phone })}`}</p>`;
  return html`<p class="about">${[call.from.name, call.from.number && number(call.from.number)].filter(Boolean).join(" ")}${queue && ` · ${queue.name}`}</p>`;
};

/** A choice; during a call the one that will follow it is marked. @param {{ on?: boolean, off: boolean, go: () => void, hot?: string, main?: boolean, children?: any }} p */
const Act = ({ on, off, go, hot, main, children }) => html`<button class=${`btn ${main ? "p" : ""} ${on ? "on" : ""}`} aria-pressed=${on === undefined ? undefined : on} disabled=${off} onClick=${go}>
  ${on && html`<${Glyph} name="ok" />`}${children}${hot && html`<kbd>${hot}</kbd>`}
</button>`;

/** @param {{ a: any, today: any, ask: Ask, busy: boolean, problem: string }} p */
export const Mine = ({ a, today, ask, busy, problem }) => {
  const calling = inCall(a);
  const next = calling ? a.next || "ready" : "";
  const out = a.state === "signed_out";
  const word = a.state === "not_ready" && a.reason ? reasonWord(a.reason) : undefined;
  return html`<section class="state">
      <div class="now" aria-live="polite"><${State} state=${a.state} over=${a.over} word=${word} /><time>${out ? "" : dur(since(a.since))}</time></div>
      <${Left} a=${a} /><${About} a=${a} />
      <div class="acts first">${a.state === "wrap_up" && html`<${Act} main off=${busy} go=${() => endWrap(ask)} hot="Ctrl Enter">${t("desk.endWrap")}</${Act}>`}</div>
      ${a.recall && html`<p class="recall" role="alert">${t("desk.recalled", { by: a.recall.by ?? "" })}</p>`}
      ${a.break && html`<p class="inline" role="status">${a.break.ahead ? t("desk.inLine", { what: reasonWord(a.break.reason), n: a.break.ahead }) : t("desk.asked", { what: reasonWord(a.break.reason) })}
        <button class="btn" disabled=${busy} onClick=${() => ask("break", undefined, "DELETE")}>${t("desk.takeBack")}</button></p>`}
      ${a.until && Date.parse(a.until) > now.value && html`<p class="inline">${t("lead.backIn", { s: Math.ceil((Date.parse(a.until) - now.value) / 1000) })}</p>`}
      ${a.relief && html`<p class="inline">${t("lead.waitsFor", { who: a.relief })}</p>`}
      <p class="problem" role="alert">${problem}</p>
    </section>
    <section class="why">
      <h2>${calling ? t("desk.afterCall") : t("desk.change")} <span class="sp"></span><span class="d">${t("desk.usedToday")} / ${t("desk.perTime")}</span></h2>
      <div class="acts">
        <${Act} main=${out || a.state === "not_ready"} on=${calling ? next === "ready" : undefined} off=${busy || a.state === "ready"} go=${() => ready(ask)} hot="F2">${out ? t("desk.signIn") : calling ? t("desk.nextReady") : t("desk.ready")}</${Act}>
        ${reasons.value.map((r, i) => html`<${Act} key=${r.id}
          on=${calling ? next === "not_ready" && a.next_reason === r.id : a.state === "not_ready" && a.reason === r.id}
          off=${busy || out} go=${() => notReady(ask, r.id)} hot=${i < 9 ? String(i + 1) : undefined}>
          <span class="nm">${r.name}</span><span class="al">${dur(today?.not_ready_by?.[r.id] ?? 0)} / ${r.allowance_ms ? dur(r.allowance_ms) : t("desk.unlimited")}</span>
        </${Act}>`)}
        <${Act} on=${calling ? next === "signed_out" : undefined} off=${busy || out} go=${() => signOut(ask)} hot="F8">${armed.value ? t("desk.signOutAgain") : t("desk.signOut")}</${Act}>
      </div>
    </section>`;
};
