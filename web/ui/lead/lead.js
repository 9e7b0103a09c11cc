// The lead's page: who waits and what can be done about it, the floor, and what waits for a lead's word.
import { html, render, computed, effect } from "../shared/lib.js";
import { t } from "../shared/text.js";
import { view, stale, start } from "../shared/live.js";
import { enter, may, Head, Blank } from "../shared/shell.js";
import { Fresh } from "../shared/parts.js";
import { loadReasons } from "../shared/reasons.js";
import { resumePhone } from "../phone/pane.js";
import { Alarms } from "../wallboard/alarms.js";
import { AlarmList, alarmKey } from "./alarms.js";
import { Lend } from "./lend.js";
import { problem } from "./ask.js";
import { Queues, Callers } from "./callers.js";
import { Floor } from "./floor.js";
import { Bar, barKey } from "./bar.js";
import { Breaks, Tasks, Promises, Switches, loadTasks } from "./side.js";
import { Notices, loadNotices } from "./notices.js";
import { Trunks, TrunksDown } from "./trunks.js";

const Page = () => {
  const v = view.value;
  const off = stale.value ? " stale-area" : "";
  return html`<${Head}><${Fresh} />${may("see_centre") && html`<${TrunksDown} />`}</${Head}>
    ${v && html`<${Alarms} view=${v} />`}
    <p class="problem" role="alert">${problem.value}</p>
    <main class=${off}>
      <h1 class="off">${t("nav.lead")}</h1>
      ${!v
        ? html`<${Blank} state=${stale.value ? "error" : "loading"} text=${t("error.unreachable")} />`
        : html`<div class="l"><${Queues} queues=${v.queues} /><${Callers} view=${v} /></div>
            <div class="c"><${Floor} agents=${v.agents} /></div>
            <div class="r"><${AlarmList} alarms=${v.alarms} /><${Breaks} agents=${v.agents} />${may("see_tasks") && html`<${Tasks} queues=${v.queues} /><${Promises} promises=${v.callbacks} queues=${v.queues} agents=${v.agents} />`}${may("post_notices") && html`<${Notices} />`}${may("steer_queues") && html`<${Lend} agents=${v.agents} />`}<${Switches} list=${v.switches} mayTurn=${may("turn_switches")} />${may("see_centre") && html`<${Trunks} />`}</div>`}
    </main>
    ${v && html`<${Bar} />`}`;
};

const changed = computed(() => view.value?.tasks.seq);
effect(() => {
  if (changed.value && may("see_tasks")) loadTasks().catch(() => {}); // the head says that the engine is away
});
const posted = computed(() => view.value?.notices?.seq);
effect(() => {
  if (posted.value !== undefined && may("post_notices")) loadNotices().catch(() => {});
});
effect(() => void (document.title = `${t("nav.lead")} — Hotline`));

addEventListener("keydown", barKey);
addEventListener("keydown", alarmKey);

render(html`<${Page} />`, document.body);
await enter();
start();
await loadReasons().catch(() => {}); // their ids are shown then
if (may("supervise")) resumePhone();
