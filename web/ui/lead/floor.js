// The floor: every agent by team. Acts open under the selected agent.
import { html, signal } from "../shared/lib.js";
import { t, code } from "../shared/text.js";
import { dur, num } from "../shared/format.js";
import { since, now } from "../shared/live.js";
import { State } from "../shared/parts.js";
import { reasonWord } from "../shared/reasons.js";
import { act, busy, Twice } from "./ask.js";
import { Why } from "./why.js";

const chosen = signal("");

/** What is to be said of an agent beside its state. @param {any} a */
function note(a) {
  if (a.recall) return t("lead.recalled");
  if (a.break) return t("lead.asksFor", { what: reasonWord(a.break.reason) });
  if (a.alarms) return a.alarms.map((/** @type {string} */ x) => code("alarmName", x)).join(", ");
  if (a.until && Date.parse(a.until) > now.value) return t("lead.backIn", { s: Math.ceil((Date.parse(a.until) - now.value) / 1000) });
  if (a.misses > 1) return t("lead.misses", { n: a.misses });
  if (a.relief) return t("lead.waitsFor", { who: a.relief });
  return a.phone ? t("lead.atDesk", { desk: a.phone }) : "";
}

/** @param {{ a: any }} p */
const Acts = ({ a }) => {
  const path = "/agents/" + encodeURIComponent(a.id);
  const set = (/** @type {string} */ state) => act(path + "/state", { body: { state } });
  return html`<${Why} path=${path} on=${a.state + a.since} /><div class="acts">
    ${a.state === "not_ready" && html`<button class="btn" disabled=${busy.value} onClick=${() => act(path + "/recall", { method: "POST" })}>${t("lead.recall")}</button>`}
    ${a.state === "wrap_up" && html`<button class="btn" disabled=${busy.value} onClick=${() => act(path + "/end-wrap-up", { method: "POST" })}>${t("desk.endWrap")}</button>`}
    ${(a.state === "not_ready" || a.state === "wrap_up") && html`<button class="btn" disabled=${busy.value} onClick=${() => set("ready")}>${t("lead.makeReady")}</button>`}
    ${a.state !== "signed_out" && html`<${Twice} id=${"s" + a.id} word=${t("lead.signOut")} again=${t("lead.signOutSure")} go=${() => set("signed_out")} />`}
  </div>`;
};

/** @param {{ a: any }} p */
const Agent = ({ a }) => {
  const on = chosen.value === a.id;
  const more = note(a);
  return html`<li class=${(a.over ? "over" : "") + (on ? " on" : "") + (a.state === "signed_out" ? " out" : "")}>
    <button class="who" aria-expanded=${on} onClick=${() => (chosen.value = on ? "" : a.id)}>
      <${State} state=${a.state} over=${a.over} word=${a.name} /><span class="d">${a.id}</span><span class="sp"></span><time class=${a.over ? "crit" : "m"}>${a.state === "signed_out" ? "" : dur(since(a.since))}</time>
      <small class="m">${a.reason ? reasonWord(a.reason) : code("state", a.state)}</small><small class=${a.alarms || a.misses > 1 ? "warn" : a.break || a.recall ? "b" : "d"}>${more}</small>
    </button>
    ${on && html`<${Acts} a=${a} />`}
  </li>`;
};

/** @param {{ agents: any[] }} p */
export const Floor = ({ agents }) => {
  const teams = [...new Set(agents.map((a) => a.team ?? ""))];
  return html`<section class="floor">
    ${teams.map((team) => {
      const of = agents.filter((a) => (a.team ?? "") === team);
      return html`<div key=${team}>
        <h2>${of[0].team_name || team || t("lead.noTeam")} <span class="d">${t("lead.in", { n: num(of.filter((a) => a.state !== "signed_out").length), of: num(of.length) })}</span></h2>
        <ul>${of.map((a) => html`<${Agent} key=${a.id} a=${a} />`)}</ul>
      </div>`;
    })}
  </section>`;
};
