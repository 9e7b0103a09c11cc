// One's own state, and what can be done about it.
import { html, computed } from "../shared/lib.js";
import { t, code } from "../shared/text.js";
import { dur, DASH } from "../shared/format.js";
import { now, since } from "../shared/live.js";
import { State } from "../shared/parts.js";
import { reasons, reasonWord } from "../shared/reasons.js";
import { own, ask, off, inCall, problem, today } from "./desk.js";
import { Act, twice } from "./twice.js";

/** Ready; from after-call work that is its end. */
export const ready = () => (own.value.state === "wrap_up" ? ask("end-wrap-up") : ask("state", { state: "ready" }));
export const signOut = () => twice("sign-out", () => ask("state", { state: "signed_out" }));

/** A reason that is limited or needs a lead's word is asked for: at once if it can be, else in line. @param {string} id */
export function notReady(id) {
  const r = reasons.value.find((x) => x.id === id);
  return r && (r.approve || r.max_at_once > 0) ? ask("break", { reason: id }) : ask("state", { state: "not_ready", reason: id });
}

/** @param {any} a */
const word = (a) => (a.state === "not_ready" && a.reason ? reasonWord(a.reason) : code("deskState", a.state));

/** What the choice made for after the call is. @param {any} a */
const nextWord = (a) => (a.next === "signed_out" ? t("desk.signOut") : a.next === "not_ready" ? reasonWord(a.next_reason ?? "") : "");

/** The time that goes on, or that is over. @param {{ a: any }} p */
const Clock = ({ a }) => {
  const spent = since(a.since) ?? 0;
  if (a.state === "signed_out") return html`<time></time>`;
  return html`<time>${a.over && a.allowance_ms ? "+" + dur(spent - a.allowance_ms) : dur(spent)}</time>`;
};

/** Lines that stand only when there is something to say. @param {{ a: any }} p */
const Lines = ({ a }) => html`
  ${a.recall && html`<p class="crit b" role="alert">${t("desk.recalled", { by: a.recall.by ?? "" })}</p>`}
  ${!a.device && a.state !== "signed_out" && html`<p class="crit" role="alert">${t("desk.noPhone")}</p>`}
  ${a.break &&
  html`<p role="status">
    ${a.break.ahead ? t("desk.inLine", { what: reasonWord(a.break.reason), n: a.break.ahead }) : t("desk.asked", { what: reasonWord(a.break.reason) })}
    <${Act} kind="s" word=${t("desk.takeBack")} go=${() => ask("break", undefined, "DELETE")} />
  </p>`}
  ${inCall.value && nextWord(a) && html`<p role="status">${t("desk.then", { what: nextWord(a) })} <${Act} kind="s" word=${t("desk.takeBack")} go=${() => ask("state", { state: "ready" })} /></p>`}
  ${a.until && Date.parse(a.until) > now.value && html`<p>${t("lead.backIn", { s: Math.ceil((Date.parse(a.until) - now.value) / 1000) })}</p>`}
  ${a.relief && html`<p>${t("lead.waitsFor", { who: a.relief })}</p>`}
  ${problem.value && html`<p class="crit" role="alert">${problem.value}</p>`}
`;

/** The two choices that stand beside the state. @param {{ a: any }} p */
const Choices = ({ a }) => {
  const first = reasons.value[0];
  const out = html`<${Act} word=${inCall.value ? t("desk.outAfter") : t("desk.signOut")} hot="F8" id="sign-out" again=${t("desk.signOutAgain")} pressed=${inCall.value && a.next === "signed_out" ? true : undefined} go=${() => ask("state", { state: "signed_out" })} />`;
  if (a.state === "signed_out") return null;
  if (inCall.value) {
    return html`<div class="row call">
      ${first && html`<${Act} word=${t("desk.after", { what: first.name })} hot="Alt 1" pressed=${a.next === "not_ready" && a.next_reason === first.id ? true : undefined} go=${() => notReady(first.id)} />`}${out}
    </div>`;
  }
  const blocked = a.state === "wrap_up" && mustCode.value;
  return html`<div class="row">
    <${Act} word=${t("desk.ready")} hot="F2" kind=${a.state === "not_ready" ? "p" : ""} disabled=${a.state === "ready" || blocked} why=${blocked ? t("wrap.codeFirst") : undefined} go=${ready} />${out}
  </div>`;
};

/** A code must be chosen before the after-call work can end. */
export const mustCode = computed(() => !!own.value?.wrap?.missing && own.value.wrap.rule === "required");

export const Mine = () => {
  const a = own.value;
  return html`<section class="state">
    <div class="now" aria-live="polite"><${State} state=${a.state} over=${a.over} word=${word(a)} /><${Clock} a=${a} /></div>
    <${Choices} a=${a} />
    <div class="lines"><${Lines} a=${a} /></div>
  </section>`;
};

/** What is left of the time that a reason allows: this time where one is in it, else the whole. @param {{ r: any, a: any }} p */
const Allowance = ({ r, a }) => {
  if (r.approve) return html`<span class="al">${t("desk.needsWord")}</span>`;
  if (!r.allowance_ms) return html`<span class="al">${t("desk.unlimited")}</span>`;
  const here = a.state === "not_ready" && a.reason === r.id;
  const left = r.allowance_ms - (here ? (since(a.since) ?? 0) : 0);
  if (left <= 0) return html`<span class="al no">${t("desk.usedUp")}</span>`;
  return html`<span class="al"><i aria-hidden="true"><b style=${{ width: (100 * left) / r.allowance_ms + "%" }}></b></i>${dur(left)}</span>`;
};

export const Why = () => {
  const a = own.value;
  const used = today.value?.not_ready_by ?? {};
  const calling = inCall.value;
  return html`<section class="sec whysec">
    <h2 class="h">${calling ? t("desk.afterCall") : t("state.not_ready")} <span class="sp"></span><span class="d c1">${t("desk.usedToday")}</span><span class="d c2">${t("desk.leftOfEach")}</span></h2>
    ${reasons.value.length === 0 && html`<p class="m none">${t("desk.noReasons")}</p>`}
    <ul class="why" id="why">
      ${reasons.value.map((r, i) => {
        const on = calling ? a.next === "not_ready" && a.next_reason === r.id : a.state === "not_ready" && a.reason === r.id;
        return html`<li key=${r.id}>
          <button type="button" class=${on ? "on" : ""} aria-pressed=${on} disabled=${off.value || a.state === "signed_out"} onClick=${() => notReady(r.id)}>
            ${i < 9 ? html`<kbd>${i + 1}</kbd>` : html`<span></span>`}<span class="nm">${r.name}</span><span class=${used[r.id] ? "us" : "us d"}>${used[r.id] ? dur(used[r.id]) : DASH}</span><${Allowance} r=${r} a=${a} />
          </button>
        </li>`;
      })}
    </ul>
  </section>`;
};
