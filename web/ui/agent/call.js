// The call in hand: who it is, how it stands, and before the answer what is worth a look.
import { html } from "../shared/lib.js";
import { t, code } from "../shared/text.js";
import { dur, number, plain, dayMinute, DASH } from "../shared/format.js";
import { now, since } from "../shared/live.js";
import { State } from "../shared/parts.js";
import { own, live, call, card, day, queueName, agentName, command, off } from "./desk.js";
import { Controls, may } from "./controls.js";
import { CustomerButton } from "./customer.js";
import { codeWords } from "../shared/codes.js";
import { taskWords } from "./todo.js";
import { answerHere, ringsHere } from "./phone.js";
import { ScreenPop } from "./screenpop.js";

/** How the call stands, in the states that have words and a glyph. */
export function standing() {
  const a = own.value;
  if (a.state === "wrap_up") return "wrap_up";
  const s = call.value?.state;
  if (s === "held" || s === "consulting" || s === "conference" || s === "talking") return s;
  return a.state === "reserved" ? "ringing" : a.state;
}

/** What is told of the contact in hand among those of today. */
export const thisContact = () => day.value?.recent?.find((/** @type {any} */ r) => r.contact === own.value.contact);

/** Seconds until an instant. @param {string | undefined} iso */
const secondsTo = (iso) => (iso ? Math.max(0, Math.ceil((Date.parse(iso) - now.value) / 1000)) : null);

/** The name of who is on the other side. @param {any} c */
export const who = (c) => plain(c?.name) || plain(other()?.name) || agentName(other()?.agent);
/** The number of who is on the other side. @param {any} c */
export const whoseNumber = (c) => number(plain(c?.number, 32) || plain(other()?.number, 32) || live.value?.from?.number);

/** The customer of the call as the engine has it, or whom one calls. */
const other = () => call.value?.parties?.find((p) => p.agent !== own.value.id);

/** What the line over the call says beside the state. @param {string} state @param {any} c */
function says(state, c) {
  const k = call.value;
  const talk = thisContact();
  if (state === "ringing") return c?.until && c.since ? t("call.answerWithin", { s: Math.round((Date.parse(c.until) - Date.parse(c.since)) / 1000) }) : t("call.answerSoon");
  if (state === "wrap_up") return [who(c), c && whoseNumber(c), talk?.talk_ms && t("call.talked", { d: dur(talk.talk_ms) })].filter(Boolean).join("  ");
  const third = k?.parties?.filter((p) => p.role !== "customer" && p.agent !== own.value.id && p.state !== "gone") ?? [];
  const names = third.map((p) => plain(p.name) || agentName(p.agent) || number(p.number)).join(", ");
  const parts = [
    k?.muted && t("call.muted"),
    third.length > 0 && t(k?.parties?.some((p) => p.agent === own.value.id && p.state === "held") ? (k.state === "after" ? "call.awayAfter" : "call.away") : "call.with", { who: names }),
  ];
  return parts.filter(Boolean).join(t("call.comma"));
}

/** The line over the call. @param {{ state: string, c: any }} p */
const Bar = ({ state, c }) => {
  const a = own.value;
  const end = state === "ringing" ? c?.until : state === "wrap_up" ? a.wrap_until : undefined;
  const left = secondsTo(end);
  const whole = end ? Date.parse(end) - Date.parse(state === "ringing" ? c?.since ?? a.since : a.since) : 0;
  const over = state === "wrap_up" && a.over;
  return html`<div class=${`bar ${over ? "o" : state}`} id="callbar">
      <${State} state=${state} over=${over} word=${state === "ringing" ? t("call.incoming") : code("deskState", state)} /><span class="says">${says(state, c)}</span>
      <time>${left === null ? dur(since(a.since)) : t("desk.leftSeconds", { s: left })}</time>
    </div>
    ${left !== null && html`<div class=${`run ${over ? "o" : state}`} aria-hidden="true"><i style=${{ width: whole > 0 ? Math.min(100, Math.max(0, (100 * (Date.parse(end) - now.value)) / whole)) + "%" : "0" }}></i></div>`}`;
};

/** @param {{ c: any }} p */
const Who = ({ c }) => {
  const name = who(c);
  return html`<div class="who">
    <h2>${name ? html`<bdi class="name" title=${name}>${name}</bdi>` : html`<span class="name d">${t("call.noName")}</span>`}${c?.vip && html`<span class="chip vip">VIP</span>`}${chips(c).map((v) => html`<span class="chip"><bdi>${v}</bdi></span>`)}</h2>
    <span class="num">${whoseNumber(c)}</span>
  </div>`;
};

/** What every flow knows: it stands elsewhere on the card. */
const OWN = ["called", "caller", "language", "trunk", "name", "vip"];

/** Attributes beside the name, cut to what fits. @param {any} c @returns {string[]} */
const chips = (c) =>
  Object.entries(c?.attributes ?? {})
    .filter(([k, v]) => !OWN.includes(k) && v !== "")
    .slice(0, 3)
    .map(([k, v]) => plain(`${k} ${v}`, 24));

/** Steps that every call goes through. */
const DULL = ["answer", "ring", "play", "say", "stay", "switch", "hours", "set", "if", "lookup"];

/** The way through the flow, in words. @param {any} c @returns {string[]} */
const steps = (c) => (c?.path ?? []).filter((/** @type {any} */ s) => !DULL.includes(s.step)).map((/** @type {any} */ s) => (s.step === "queue" ? queueName(s.detail) : [code("step", s.step), s.detail && code("stepDetail", s.detail)].filter(Boolean).join(" ")));

/** @param {{ c: any }} p */
const Facts = ({ c }) => {
  const a = own.value;
  const open = c?.tasks ?? [];
  const path = plain(steps(c).join(" › "), 200);
  return html`<dl class="facts">
    <div><dt>${t("wall.queue")}</dt><dd>${queueName(c?.queue ?? a.queue ?? live.value?.queue) || code("direction", live.value?.direction ?? c?.direction) || DASH}</dd></div>
    <div><dt>${t("call.waited")}</dt><dd>${c?.waited_ms === undefined ? DASH : dur(c.waited_ms)}</dd></div>
    <div class="path"><dt>${t("call.path")}</dt><dd title=${path}>${path || DASH}</dd></div>
    <div><dt>${t("call.open")}</dt><dd>${open.length ? html`<${CustomerButton} word=${t("call.openCount", { n: open.length })} />` : DASH}</dd></div>
  </dl>`;
};

/** What is worth a look before the answer. @param {{ c: any }} p */
const Glance = ({ c }) => {
  const last = c?.last?.[0];
  const rows = [
    last && [t("call.lastTime"), [dayMinute(last.started), code("outcome", last.outcome), codeWords(last.codes), plain(last.note, 120)].filter(Boolean).join("  ")],
    c?.tasks?.[0] && [t("call.openTask"), taskWords(c.tasks[0])],
    c?.customer?.notes?.[0] && [t("call.reminder"), plain(c.customer.notes.at(-1).text, 160)],
  ].filter(Boolean);
  if (!rows.length) return null;
  return html`<section class="glance pad">
    <h3 class="h">${t("call.glance")}</h3>
    <dl>${rows.map((/** @type {any} */ [k, v]) => html`<div><dt>${k}</dt><dd>${v}</dd></div>`)}</dl>
  </section>`;
};

export const answer = () => answerHere(() => command("answer"));
/** It can be answered from here. */
export const mayAnswer = () => ringsHere() || may("answer");
/** Not this one: it goes to the next, oneself is not ready. */
export const decline = () => command("hangup");

export const CallCard = () => {
  const state = standing();
  const c = card.value;
  if (state === "wrap_up") return html`<section class="call" aria-label=${t("call.label")}><${Bar} state=${state} c=${c} /><${ScreenPop} c=${c} /></section>`;
  const ringing = state === "ringing";
  return html`<section class="call" aria-label=${t("call.label")}>
      <${Bar} state=${state} c=${c} /><${Who} c=${c} /><${Facts} c=${c} /><${ScreenPop} c=${c} />
      ${ringing
        ? html`<div class="answer">
            <button type="button" class="btn p" id="answer" disabled=${off.value || !mayAnswer()} onClick=${answer}>${mayAnswer() ? t("call.answer") : t("call.onPhone")}${mayAnswer() && html`<kbd>Enter</kbd>`}</button>
            <button type="button" class="btn" disabled=${off.value || !may("hangup")} onClick=${decline}>${t("call.decline")}<kbd>Esc</kbd></button>
          </div>`
        : html`<${Controls} />`}
    </section>
    ${ringing && html`<${Glance} c=${c} />`}`;
};
