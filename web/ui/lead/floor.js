// The floor: every agent by team. Acts open under the selected agent.
import { html, signal } from "../shared/lib.js";
import { t, code } from "../shared/text.js";
import { clock, dur, num } from "../shared/format.js";
import { since, now, view } from "../shared/live.js";
import { State } from "../shared/parts.js";
import { reasonWord, reasons } from "../shared/reasons.js";
import { may } from "../shared/shell.js";
import { act, busy, Twice } from "./ask.js";
import { Why } from "./why.js";

/** The agent whose acts are open. */
export const chosen = signal("");
/** The reason chosen for who is sent away. */
const away = signal("");

/** What is to be said of an agent beside its state. @param {any} a */
function note(a) {
  if (a.hand) return t("lead.hand", { t: dur(since(a.hand.since)) });
  const by = view.value.supervisions?.find((/** @type {any} */ s) => s.agent === a.id || s.follow === a.id);
  if (by) return t("lead.supervised", { how: code("bar.mode", by.mode), who: by.by });
  if (a.recall) return t("lead.recalled");
  if (a.break) return t("lead.asksFor", { what: reasonWord(a.break.reason) });
  if (a.alarms) return a.alarms.map((/** @type {string} */ x) => code("alarmName", x)).join(", ");
  if (a.until && Date.parse(a.until) > now.value) return t("lead.backIn", { s: Math.ceil((Date.parse(a.until) - now.value) / 1000) });
  if (a.misses > 1) return t("lead.misses", { n: a.misses });
  if (a.relief) return t("lead.waitsFor", { who: a.relief });
  const kept = view.value.queues.reduce((/** @type {number} */ n, /** @type {any} */ q) => n + q.callers.filter((/** @type {any} */ c) => c.prefer === a.id).length, 0);
  if (kept) return t("lead.waitFor", { n: kept });
  if (a.lent) return t("lead.lent", { time: clock(a.lent.until) });
  if (a.phone) return a.phone.startsWith("tel:") ? t("signin.number") : t("lead.atDesk", { desk: a.phone });
  return "";
}

/** What an agent is about: the reason it is away for, or the queue whose call it has. @param {any} a */
function doing(a) {
  if (a.reason) return reasonWord(a.reason);
  const queue = a.queue && view.value.queues.find((/** @type {any} */ q) => q.id === a.queue)?.name;
  return [code("state", a.state), queue].filter(Boolean).join(t("call.comma"));
}

/** @param {{ a: any }} p */
const Acts = ({ a }) => {
  const path = "/agents/" + encodeURIComponent(a.id);
  const set = (/** @type {string} */ state) => act(path + "/state", { body: { state } });
  return html`<${Why} path=${path} on=${a.state + a.since} /><div class="acts">
    ${a.state === "not_ready" && html`<button class="btn" disabled=${busy.value} onClick=${() => act(path + "/recall", { method: "POST" })}>${t("lead.recall")}</button>`}
    ${a.state === "wrap_up" && html`<button class="btn" disabled=${busy.value} onClick=${() => act(path + "/end-wrap-up", { method: "POST" })}>${t("desk.endWrap")}</button>`}
    ${(a.state === "not_ready" || a.state === "wrap_up") && html`<button class="btn" disabled=${busy.value} onClick=${() => set("ready")}>${t("lead.makeReady")}</button>`}
    ${a.hand && html`<button class="btn" disabled=${busy.value} onClick=${() => act(path + "/raise-hand", { method: "DELETE" })}>${t("lead.lowerHand")}</button>`}
    ${a.state !== "signed_out" && html`<span class="grp"><select aria-label=${t("lead.sendAway")} value=${away.value || reasons.value[0]?.id} onChange=${(/** @type {any} */ e) => (away.value = e.target.value)}>${reasons.value.map((r) => html`<option key=${r.id} value=${r.id}>${r.name}</option>`)}</select>
      <button class="btn" disabled=${busy.value || reasons.value.length === 0} onClick=${() => act(path + "/state", { body: { state: "not_ready", reason: away.value || reasons.value[0].id } })}>${t("lead.sendAway")}</button></span>`}
    ${a.call && a.contact && ["talking", "held", "consulting", "conference", "outbound"].includes(a.state) && may("control_any") && html`<${Twice} id=${"h" + a.call} word=${t("lead.release")} again=${t("lead.releaseSure")} go=${() => act(`${path}/calls/${encodeURIComponent(a.call)}/hangup`, { body: {} })} />`}
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
      <small class="m">${doing(a)}</small><small class=${a.hand || a.alarms || a.misses > 1 ? "warn" : a.break || a.recall ? "b" : "d"}>${more}</small>
    </button>
    ${on && html`<${Acts} a=${a} />`}
  </li>`;
};

const legend = ["ready", "ringing", "talking", "held", "wrap_up", "not_ready", "over", "signed_out"];
/** The glyph that an agent is shown by. @param {any} a */
const shown = (a) => (a.over ? "over" : ({ reserved: "ringing", consulting: "talking", conference: "talking", outbound: "talking", unknown: "signed_out" }[/** @type {string} */ (a.state)] ?? a.state));

/** How many do what: each glyph with its word, as the floor itself shows them by the glyph alone. @param {{ agents: any[] }} p */
const Legend = ({ agents }) => html`<p class="legend">${legend.map((s) => {
  const n = agents.filter((a) => shown(a) === s).length;
  return html`<span key=${s} class=${n ? "" : "d"}><${State} state=${s} /> <b>${num(n)}</b></span>`;
})}</p>`;

/** @param {{ agents: any[] }} p */
export const Floor = ({ agents }) => {
  const teams = [...new Set(agents.map((a) => a.team ?? ""))];
  return html`<${Legend} agents=${agents} /><section class="floor">
    ${teams.map((team) => {
      const of = agents.filter((a) => (a.team ?? "") === team);
      return html`<div key=${team}>
        <h2>${of[0].team_name || team || t("lead.noTeam")} <span class="d">${t("lead.in", { n: num(of.filter((a) => a.state !== "signed_out").length), of: num(of.length) })}</span></h2>
        <ul>${of.map((a) => html`<${Agent} key=${a.id} a=${a} />`)}</ul>
      </div>`;
    })}
  </section>`;
};
