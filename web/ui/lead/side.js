// What waits for a lead's word: breaks, messages, promises; and the switches.
import { html, signal } from "../shared/lib.js";
import { t } from "../shared/text.js";
import { api } from "../shared/api.js";
import { dur, num, clock, dayTime, number } from "../shared/format.js";
import { now, since } from "../shared/live.js";
import { reasonWord } from "../shared/reasons.js";
import { act, busy, Twice } from "./ask.js";
import { Effect } from "./effect.js";

/** @param {{ agents: any[] }} p */
export const Breaks = ({ agents }) => {
  const line = agents.filter((a) => a.break).sort((a, b) => (a.break.since < b.break.since ? -1 : 1));
  return html`<section>
    <h2>${t("lead.breaks")} <span class="d">${num(line.length)}</span></h2>
    ${line.length === 0 && html`<p class="m none">${t("lead.noBreaks")}</p>`}
    <ul>${line.map((a) => {
      const answer = (/** @type {boolean} */ grant) => act(`/agents/${encodeURIComponent(a.id)}/break/answer`, { body: { grant } });
      return html`<li key=${a.id}>
        <p><b>${a.name}</b> <span class="d">${a.id}</span> ${reasonWord(a.break.reason)}<span class="sp"></span><span class="d">${t("lead.askedAt", { time: clock(a.break.since) })}</span></p>
        <${Effect} agent=${a.id} on=${a.break.since} />
        <p class="row"><button class="btn on" disabled=${busy.value} onClick=${() => answer(true)}>${t("lead.grant")}</button><button class="btn q" disabled=${busy.value} onClick=${() => answer(false)}>${t("lead.refuse")}</button>
          <span class="sp"></span><span class="d">${a.break.ahead > 0 && t("lead.ahead", { n: a.break.ahead })}</span></p>
      </li>`;
    })}</ul>
  </section>`;
};

/** The open tasks; asked for again when the live view says that they have changed. @type {import("../shared/lib.js").Signal<any[]>} */
const tasks = signal([]);

/** Loads the open tasks. */
export async function loadTasks() {
  tasks.value = (await api("/tasks")).items;
}

const late = (/** @type {any} */ x) => x.due && Date.parse(x.due) < now.value;

/** @param {{ queues: any[] }} p */
export const Tasks = ({ queues }) => html`<section>
  <h2>${t("lead.tasks")} <span class="d">${num(tasks.value.length)}</span>${tasks.value.some(late) && html`<span class="crit b">${t("lead.overdue", { n: num(tasks.value.filter(late).length) })}</span>`}</h2>
  ${tasks.value.length === 0 && html`<p class="m none">${t("lead.noTasks")}</p>`}
  <ul>${tasks.value.map((x) => {
    const path = "/tasks/" + encodeURIComponent(x.id);
    return html`<li key=${x.id}>
      <p><b>${number(x.from.number)}</b> ${x.from.name} <span class="d">${queues.find((q) => q.id === x.queue)?.name ?? x.queue}</span><span class="sp"></span><span class=${late(x) ? "crit b" : "d"}>${x.due && t("lead.due", { time: dayTime(x.due) })}</span></p>
      <p class="row">${x.has_recording ? html`<audio controls preload="none" src=${"/api/v1" + path + "/recording"} aria-label=${t("lead.message", { d: dur(x.ms) })}></audio>` : html`<span class="d">${t("lead.noAudio")}</span>`}
        <button class="btn" disabled=${busy.value} onClick=${() => act(path + "/done", { method: "POST" })}>${t("lead.done")}</button></p>
    </li>`;
  })}</ul>
</section>`;

/** How a promise stands. @param {any} c @param {any[]} agents */
function standing(c, agents) {
  if (c.call && c.agent) return t("lead.dials", { who: agents.find((a) => a.id === c.agent)?.name ?? c.agent });
  if (c.next) return t("lead.nextTry", { n: c.tries, time: clock(c.next) });
  return c.tries ? t("lead.tries", { n: c.tries }) : "";
}

/** @param {{ promises: any[], queues: any[], agents: any[] }} p */
export const Promises = ({ promises, queues, agents }) => html`<section>
  <h2>${t("lead.promises")} <span class="d">${num(promises.length)}</span></h2>
  ${promises.length === 0 && html`<p class="m none">${t("lead.noPromises")}</p>`}
  <ul>${promises.slice(0, 50).map(
    (c) => html`<li key=${c.id}>
      <p><b>${c.number}</b> <span class="d">${queues.find((q) => q.id === c.queue)?.name ?? c.queue}</span><span class="sp"></span>${dur(since(c.since))}</p>
      <p class="row"><span class="m">${standing(c, agents)}</span><span class="sp"></span><${Twice} id=${"c" + c.id} kind="q" word=${t("lead.cancel")} again=${t("lead.cancelSure")} go=${() => act("/callbacks/" + encodeURIComponent(c.id), { method: "DELETE" })} /></p>
    </li>`,
  )}</ul>
</section>`;

/** @param {{ list: any[], mayTurn: boolean }} p */
export const Switches = ({ list, mayTurn }) => html`<section>
  <h2>${t("lead.switches")}</h2>
  ${list.length === 0 && html`<p class="m none">${t("lead.noSwitches")}</p>`}
  <ul>${list.map((s) => {
    const turn = () => act("/switches/" + encodeURIComponent(s.id), { body: { on: !s.on } });
    return html`<li key=${s.id}><p class="row"><b class=${s.on ? "crit" : ""}>${s.name}</b> <span class=${s.on ? "crit" : "d"}>${s.on ? t("lead.onSince", { time: clock(s.since), by: s.by ?? "" }) : t("lead.off")}</span><span class="sp"></span>
      ${mayTurn && html`<${Twice} id=${"sw" + s.id} kind="" word=${s.on ? t("lead.turnOff") : t("lead.turnOn")} again=${t("lead.sure")} go=${turn} />`}</p></li>`;
  })}</ul>
</section>`;
