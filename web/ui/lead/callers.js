// The queues, and who waits in them: acts open under the selected caller.
import { html, signal } from "../shared/lib.js";
import { t } from "../shared/text.js";
import { dur, num, pct, clock, grade, number } from "../shared/format.js";
import { now, since } from "../shared/live.js";
import { Bullet } from "../shared/parts.js";
import { act, busy, Twice } from "./ask.js";
import { Why } from "./why.js";

const SHOWN = 60;
/** The visit whose acts are open. */
const chosen = signal("");
/** What is chosen in the two lists of the acts. @type {import("../shared/lib.js").Signal<Record<string, string>>} */
const pick = signal({});

/** @param {{ queues: any[] }} p */
export const Queues = ({ queues }) => html`<section>
  <h2>${t("lead.queues")}</h2>
  <table>
    <thead><tr><th>${t("wall.queue")}</th><th class="n">${t("wall.waiting")}</th><th class="n">${t("lead.in10")}</th><th class="n">${t("lead.in30")}</th><th class="n">${t("lead.past")}</th><th class="n">${t("wall.longestShort")}</th><th class="n">${t("wall.min30")}</th><td></td><th class="n">${t("state.ready")}</th></tr></thead>
    <tbody>${queues.map((q) => {
      const level = grade(q.sl_30m.ratio, q.target.ratio);
      const longest = since(q.longest_wait_since);
      return html`<tr key=${q.id}>
        <td class="b cut">${q.name}</td><td class=${q.waiting ? "n b" : "n d"}>${num(q.waiting)}</td>
        <td class=${q.breach.within_10s ? "n warn b" : "n d"}>${num(q.breach.within_10s)}</td><td class=${q.breach.within_30s ? "n" : "n d"}>${num(q.breach.within_30s)}</td>
        <td class=${q.breach.over ? "n crit b" : "n d"}>${num(q.breach.over)}</td>
        <td class=${longest === null ? "n d" : longest > q.target.within_ms ? "n crit" : "n"}>${dur(longest)}</td>
        <td class=${"n b " + level}>${pct(q.sl_30m.ratio, 0)}</td><td class="bar"><${Bullet} ratio=${q.sl_30m.ratio} target=${q.target.ratio} level=${level} /></td>
        <td class=${q.agents.ready ? "n" : "n d"}>${num(q.agents.ready)}</td>
      </tr>`;
    })}</tbody>
  </table>
</section>`;

/** What else is to be said of a caller. @param {any} c @param {(id: string) => string} name */
function note(c, name) {
  if (c.joining) return t("lead.joining");
  if (c.ringing) return t("lead.ringsAt", { who: c.ringing.slice(0, 3).map(name).join(", ") + (c.ringing.length > 3 ? ` +${c.ringing.length - 3}` : "") });
  if (c.prefer && Date.parse(c.prefer_until) > now.value) return t("lead.keptFor", { who: name(c.prefer) });
  if (c.callback) return t("lead.calledBack");
  return c.place < c.since ? t("lead.placeOf", { time: clock(c.place) }) : "";
}

/** @param {{ c: any, queues: any[], agents: any[] }} p */
const Acts = ({ c, queues, agents }) => {
  const path = "/visits/" + encodeURIComponent(c.visit);
  const ready = agents.filter((a) => a.state === "ready");
  const others = queues.filter((q) => q.id !== c.queue);
  const set = (/** @type {string} */ k) => (/** @type {any} */ e) => (pick.value = { ...pick.value, [k]: e.target.value });
  const to = others.some((q) => q.id === pick.value.queue) ? pick.value.queue : others[0]?.id;
  const who = ready.some((a) => a.id === pick.value.agent) ? pick.value.agent : ready[0]?.id;
  const priority = (/** @type {number} */ by) => act(path + "/priority", { body: { priority: c.priority + by } });
  return html`<tr class="acts on"><td colspan="7"><div>
    <button class="btn" disabled=${busy.value || c.priority >= 20} onClick=${() => priority(1)}>${t("lead.priority")} <kbd>+</kbd></button>
    <button class="btn" disabled=${busy.value || c.priority <= 1} onClick=${() => priority(-1)}>${t("lead.priority")} <kbd>−</kbd></button>
    <span class="grp"><select aria-label=${t("lead.give")} value=${who} onChange=${set("agent")} disabled=${!who}>${who ? ready.map((a) => html`<option value=${a.id}>${a.name} ${a.id}</option>`) : html`<option>${t("lead.nobodyReady")}</option>`}</select>
      <button class="btn" disabled=${busy.value || !who} onClick=${() => act(path + "/pull", { body: { agent: who } })}>${t("lead.give")}</button></span>
    <span class="grp"><select aria-label=${t("lead.move")} value=${to} onChange=${set("queue")}>${others.map((q) => html`<option value=${q.id}>${q.name}</option>`)}</select>
      <button class="btn" disabled=${busy.value || !to} onClick=${() => act(path + "/move", { body: { queue: to } })}>${t("lead.move")}</button></span>
    <${Twice} id=${"w" + c.visit} word=${t("lead.withdraw")} again=${t("lead.withdrawSure")} go=${() => act(path, { method: "DELETE" })} />
  </div><${Why} path=${"/contacts/" + encodeURIComponent(c.contact)} on=${[c.ringing, c.prefer, c.priority, agents.map((a) => a.state)].join()} /></td></tr>`;
};

/** @param {{ view: any }} p */
export const Callers = ({ view }) => {
  /** @type {any[]} */
  const all = view.queues.flatMap((/** @type {any} */ q) => q.callers.map((/** @type {any} */ c) => ({ ...c, queue: q.id, queueName: q.name, target: q.target.within_ms })));
  const line = all.filter((c) => !c.beside).sort((a, b) => (a.since < b.since ? -1 : 1));
  const name = (/** @type {string} */ id) => view.agents.find((/** @type {any} */ a) => a.id === id)?.name ?? id;
  return html`<section>
    <h2>${t("lead.callers")} <span class="d">${t("lead.callersHint", { n: num(view.totals.calls_today.waiting) })}</span></h2>
    ${line.length === 0
      ? html`<p class="m none">${t("lead.noCallers")}</p>`
      : html`<table class="cl">
          <thead><tr><th class="n">#</th><th>${t("wall.queue")}</th><th>${t("qa.number")}</th><th class="n">${t("lead.prio")}</th><td></td><th class="n">${t("qa.wait")}</th><td></td></tr></thead>
          <tbody>${line.slice(0, SHOWN).map((c, i) => {
            const w = since(c.since) ?? 0;
            const level = w > c.target ? "crit" : w > c.target - 10_000 ? "warn" : "";
            const on = chosen.value === c.visit;
            return html`<tr key=${c.visit} class=${on ? "on" : ""} onClick=${() => (chosen.value = on ? "" : c.visit)}>
                <td class="n d">${i + 1}</td>
                <td><button class="pick b" aria-expanded=${on} onClick=${(/** @type {Event} */ e) => (e.stopPropagation(), (chosen.value = on ? "" : c.visit))}>${c.queueName}</button></td>
                <td class="cut">${number(c.from.number)}</td><td class="n">${c.priority}</td>
                <td class="bar"><${Bullet} ratio=${Math.min(1, w / (2 * c.target))} target=${0.5} level=${level} /></td>
                <td class=${"n b " + level}>${dur(w)}</td><td class="m cut">${note(c, name)}</td>
              </tr>
              ${on && html`<${Acts} c=${c} queues=${view.queues} agents=${view.agents} />`}`;
          })}</tbody>
        </table>`}
  </section>`;
};
