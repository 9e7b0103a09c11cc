// What was before: the customer's contacts while there is one, else one's own of today.
import { html } from "../shared/lib.js";
import { t, code } from "../shared/text.js";
import { dur, num, dayMinute, number, plain, DASH } from "../shared/format.js";
import { Blank } from "../shared/shell.js";
import { own, off, card, day, queueName, agentName } from "./desk.js";
import { dial } from "./dial.js";
import { codeWords } from "../shared/codes.js";
import { thisContact } from "./call.js";

/** What became of a contact, in the words of the field. @param {any} x */
const what = (x) => (x.outcome === "answered" || !x.outcome ? code("direction", x.direction) : code("outcome", x.outcome));

/** @param {{ x: any }} p */
const Before = ({ x }) => html`<tr>
  <td>${dayMinute(x.started)}</td>
  <td>${what(x)}</td>
  <td class=${x.agents?.length ? "" : "d"}>${x.agents?.length ? `${agentName(x.agents[0])} ${x.agents[0]}` : queueName(x.queue)}</td>
  <td class=${x.codes?.length || x.note ? "" : "d"}>${[codeWords(x.codes), plain(x.note, 200)].filter(Boolean).join(" · ") || queueName(x.queue)}</td>
  <td class=${x.talk_ms ? "n" : "n d"}>${x.talk_ms ? dur(x.talk_ms) : DASH}</td>
</tr>`;

/** The contacts of the customer in hand. */
export const History = () => {
  const last = card.value?.last ?? [];
  return html`<section class="hist pad" aria-label=${t("hist.title")}>
    <h3 class="h">${t("hist.title")} <span class="d">${t("hist.count", { n: num(last.length) })}</span><span class="sp"></span><kbd>Alt H</kbd></h3>
    ${!card.value
      ? html`<${Blank} state="loading" />`
      : last.length === 0
        ? html`<p class="m none">${t("hist.none")}</p>`
        : html`<div class="scroll" id="hist" tabindex="0" role="region" aria-label=${t("hist.title")}><table class="ht">
            <tbody>${last.map((/** @type {any} */ x) => html`<${Before} key=${x.id} x=${x} />`)}</tbody>
          </table></div>`}
  </section>`;
};

/** The contact in hand in figures, while it is written down. */
export const ThisCall = () => {
  const x = thisContact();
  if (!x) return null;
  return html`<section class="this pad">
    <h3 class="h">${t("hist.this")} <span class="d">${t("hist.began", { time: dayMinute(x.at) })}</span></h3>
    <dl>
      <div><dt>${t("call.waited")}</dt><dd>${dur(x.wait_ms)}</dd></div>
      <div><dt>${t("qa.talk")}</dt><dd>${dur(x.talk_ms)}</dd></div>
      <div><dt>${t("qa.hold")}</dt><dd>${dur(x.hold_ms)}</dd></div>
      <div><dt>${t("hist.transfers")}</dt><dd>${num(x.transfers ?? 0)}</dd></div>
    </dl>
  </section>`;
};

/** A number that is called by a click; the engine knows a masked one by its contact. @param {{ x: any }} p */
const Callable = ({ x }) => {
  const n = plain(x.direction === "outbound" ? x.to : x.from?.number, 32);
  if (!n || n === "anonymous") return number(n);
  return html`<button type="button" class="link" disabled=${off.value || own.value.state === "signed_out"} title=${t("todo.call")} onClick=${() => dial(n, { for: x.contact, queue: x.queue })}>${n}</button>`;
};

/** One's own contacts of today, between calls. */
export const Mine = () => {
  const list = day.value?.recent;
  return html`<section class="hist pad" aria-label=${t("hist.own")}>
    <h3 class="h">${t("hist.own")} <span class="d">${list ? num(list.length) : ""}</span><span class="sp"></span><kbd>Alt H</kbd></h3>
    ${!list
      ? html`<${Blank} state="loading" />`
      : list.length === 0
        ? html`<p class="m none">${t("hist.ownNone")}</p>`
        : html`<div class="scroll" id="hist" tabindex="0" role="region" aria-label=${t("hist.own")}><table class="ht">
            <tbody>${list.map(
              (/** @type {any} */ x) => html`<tr key=${x.contact}>
                <td>${dayMinute(x.at)}</td>
                <td>${what(x)}</td>
                <td>${queueName(x.queue)}</td>
                <td>${plain(x.from?.name, 24)} <${Callable} x=${x} /></td>
                <td class=${x.talk_ms ? "n" : "n d"}>${x.talk_ms ? dur(x.talk_ms) : DASH}</td>
              </tr>`,
            )}</tbody>
          </table></div>`}
  </section>`;
};
