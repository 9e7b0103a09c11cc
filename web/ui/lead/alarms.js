// The alarms one by one: who looks after which, and what was within the last 24 hours.
import { html, signal, Glyph } from "../shared/lib.js";
import { t, code } from "../shared/text.js";
import { api } from "../shared/api.js";
import { clock, dayTime, num } from "../shared/format.js";
import { view, stale } from "../shared/live.js";
import { may } from "../shared/shell.js";
import { words } from "../wallboard/alarms.js";
import { act, busy } from "./ask.js";

/** What was; null: not open. @type {import("../shared/lib.js").Signal<any[] | null>} */
const past = signal(null);

const acknowledge = (/** @type {any} */ a) => act(`/alarms/${encodeURIComponent(a.key)}/acknowledge`, { method: "POST" });

/** Acknowledges the worst alarm that nobody looks after yet. @param {KeyboardEvent} e */
export function alarmKey(e) {
  if (e.key.toLowerCase() !== "a" || e.repeat || e.altKey || e.ctrlKey || e.metaKey || stale.value || !may("steer_queues") || /^(INPUT|TEXTAREA|SELECT|DIALOG)$/.test(/** @type {HTMLElement} */ (e.target).tagName)) return;
  const worst = view.value?.alarms.find((/** @type {any} */ a) => !a.acknowledged);
  if (!worst) return;
  e.preventDefault();
  void acknowledge(worst);
}

async function history() {
  past.value = past.value ? null : await api("/alarms").then(
    (x) => x.history,
    () => [], // the head says that the engine is away
  );
}

/** @param {{ a: any, first: boolean }} p */
const One = ({ a, first }) => {
  const w = words(a, view.value);
  const ack = a.acknowledged;
  return html`<li class=${ack ? "acked" : ""}>
    <p><span class=${ack ? "d" : "sev " + a.severity}><${Glyph} name=${a.severity} title=${code("sev", a.severity)} />${w.head}</span></p>
    <p><span class="d">${w.rest}</span><span class="sp"></span>
      ${ack
        ? html`<span class="d">${t("alarm.acked", { by: ack.by, time: clock(ack.at) })}</span>`
        : may("steer_queues") && html`<button class="btn" aria-keyshortcuts=${first ? "A" : undefined} disabled=${busy.value} onClick=${() => acknowledge(a)}>${t("alarm.ack")}${first && html` <kbd>A</kbd>`}</button>`}</p>
  </li>`;
};

/** @param {{ a: any }} p */
const Past = ({ a }) => html`<li class="acked"><p><span class="d"><${Glyph} name=${a.severity} title=${code("sev", a.severity)} /> ${words(a, { ...view.value, at: a.until, past: true }).head}</span><span class="sp"></span>
  <span class="d">${t("alarm.span", { from: dayTime(a.since), to: clock(a.until) })}</span></p>${a.acknowledged && html`<p class="d">${t("alarm.acked", { by: a.acknowledged.by, time: clock(a.acknowledged.at) })}</p>`}</li>`;

/** @param {{ alarms: any[] }} p */
export const AlarmList = ({ alarms }) => {
  const first = alarms.find((a) => !a.acknowledged);
  return html`<section class="alarms">
    <h2>${t("alarm.title")} <span class="d">${num(alarms.length)}</span><span class="sp"></span><button class="btn q" aria-expanded=${past.value !== null} onClick=${history}>${t("alarm.history")}</button></h2>
    ${alarms.length === 0 && html`<p class="m none">${t("alarm.none")}</p>`}
    <ul>${alarms.map((a) => html`<${One} key=${a.key} a=${a} first=${a === first} />`)}</ul>
    ${past.value && html`<ul aria-label=${t("alarm.history")}>${past.value.length === 0 && html`<li class="d">${t("alarm.noHistory")}</li>`}${past.value.map((/** @type {any} */ a) => html`<${Past} key=${a.key} a=${a} />`)}</ul>`}
  </section>`;
};
