// The right column: what is to be done, what is to be read, what was missed.
import { html, signal } from "../shared/lib.js";
import { t, code } from "../shared/text.js";
import { dur, num, number, plain, dayMinute, clock } from "../shared/format.js";
import { now } from "../shared/live.js";
import { Blank } from "../shared/shell.js";
import { tasks, notices, missed, act, queueName, agentName, off, readTasks } from "./desk.js";
import { Act } from "./twice.js";
import { dial } from "./dial.js";

/** @param {string | undefined} iso */
const minute = (iso) => clock(iso).slice(0, 5);
const late = (/** @type {any} */ x) => x.due && Date.parse(x.due) < now.value;

/** The due time in words: over by, due at, or none. @param {{ x: any }} p */
const Due = ({ x }) => {
  if (!x.due) return html`<span class="m">${t("todo.noDue")}</span>`;
  const by = now.value - Date.parse(x.due);
  return by > 0 ? html`<b class="crit">${t("todo.overdue", { t: by > 86400000 ? t("todo.days", { n: Math.floor(by / 86400000) }) : dur(by) })}</b>` : html`<b>${t("todo.due", { time: dayMinute(x.due) })}</b>`;
};

/** One line of what a task is about. @param {any} x */
export const taskWords = (x) => [code("task", x.kind), plain(x.note, 120)].filter(Boolean).join(" · ");

/** Who it is about, and what it is. @param {any} x @returns {string[]} */
const about = (x) => [plain(x.from?.name, 24), x.from?.number ? number(plain(x.from.number, 32)) : "", plain(x.note, 120) || queueName(x.queue)].filter(Boolean);

/** The task that is being heard. */
const hearing = signal("");

/** What a task asks for: a call, an ear, or a look. @param {{ x: any }} p */
const TaskAct = ({ x }) => {
  if (x.kind === "voicemail" && x.has_recording) return html`<${Act} kind="a" word=${hearing.value === x.id ? t("todo.close") : t("todo.listen")} go=${() => (hearing.value = hearing.value === x.id ? "" : x.id)} />`;
  if (x.from?.number && x.kind !== "wrap_up_code") return html`<${Act} kind="a" word=${t("todo.call")} go=${() => dial(x.from.number, { for: x.contact, queue: x.queue })} />`;
  return null;
};

/** @param {{ x: any }} p */
const Task = ({ x }) => html`<li class="task">
  <p class="one"><span><${Due} x=${x} /><span class="k">${code("task", x.kind)}</span></span><span class="acts"><${TaskAct} x=${x} />${x.kind !== "wrap_up_code" && html`<${Act} kind="a" word=${t("lead.done")} id=${"done" + x.id} again=${t("todo.sure")} go=${async () => (await act(`/tasks/${encodeURIComponent(x.id)}/done`, { body: {} })) && readTasks()} />`}</span></p>
  <p class="two">${about(x).map((w) => html`<span><bdi>${w}</bdi></span>`)}</p>
  ${hearing.value === x.id && html`<audio controls autoplay src=${`/api/v1/tasks/${encodeURIComponent(x.id)}/recording`} aria-label=${t("lead.message", { d: dur(x.ms) })}></audio>`}
</li>`;

export const Tasks = () => {
  const list = tasks.value;
  const over = list?.filter(late).length ?? 0;
  return html`<section class="todo" aria-label=${t("todo.title")}>
    <h2 class="h hh">${t("todo.title")} <span class="d">${list ? num(list.length) : ""}${over > 0 && html`${t("call.comma")}<span class="crit">${t("lead.overdue", { n: num(over) })}</span>`}</span><span class="sp"></span><kbd>Alt T</kbd></h2>
    <div class="scroll" id="tasks" tabindex="-1">
      ${!list ? html`<${Blank} state="loading" />` : list.length === 0 ? html`<p class="m none">${t("todo.none")}</p>` : html`<ul>${list.map((x) => html`<${Task} key=${x.id} x=${x} />`)}</ul>`}
    </div>
  </section>`;
};

const unread = () => (notices.value ?? []).filter((x) => !x.read && x.state !== "removed");

/** Says that the first unread one is read. @param {any} [x] */
export function markRead(x = unread()[0]) {
  if (x) act(`/notices/${encodeURIComponent(x.id)}/read`, { body: { rev: x.rev } });
}

export const Notices = () => {
  const list = (notices.value ?? []).filter((x) => x.state !== "removed");
  const n = unread().length;
  return html`<section class="notices" aria-label=${t("notice.title")}>
    <h2 class="h hh">${t("notice.title")} <span class="d">${n ? t("notice.unread", { n: num(n) }) : ""}</span><span class="sp"></span><kbd>Alt R</kbd></h2>
    <div class="scroll" id="notices" tabindex="-1">
      ${!notices.value
        ? html`<${Blank} state="loading" />`
        : list.length === 0
          ? html`<p class="m none">${t("notice.none")}</p>`
          : html`<ul>${list.map(
              (x) => html`<li key=${x.id} class="ntc">
                <p class="one">${!x.read && html`<i class="new" aria-hidden="true"></i>`}<b>${plain(x.title, 80)}</b><span class="sp"></span><span class="d">${dayMinute(x.changed ?? x.posted)}</span></p>
                <p class="two">${plain(x.text, 600)}${x.read && html` <span class="d">${t("notice.readAt", { time: dayMinute(x.read) })}</span>`}</p>
                ${!x.read && html`<p><button type="button" class="btn a" disabled=${off.value} onClick=${() => markRead(x)}>${t("notice.read")}${x === unread()[0] && html`<kbd>R</kbd>`}</button></p>`}
              </li>`,
            )}</ul>`}
    </div>
  </section>`;
};

export const Missed = () => {
  const list = missed.value ?? [];
  return html`<section class="missed" aria-label=${t("missed.title")}>
    <h2 class="h hh">${t("missed.title")} <span class="d">${num(list.length)}</span></h2>
    <ul class="scroll">
      ${list.slice(0, 20).map(
        (x) => html`<li key=${x.at} class="miss"><span class="m">${minute(x.at)}</span><span class="nm">${x.queue_name ?? queueName(x.queue)}  ${t("missed.rang", { s: Math.round(x.ring_ms / 1000), what: code("offer", x.result) })}</span><span class="d">${x.then ? t("missed.then", { who: agentName(x.then) }) : code("outcome", x.outcome)}</span></li>`,
      )}
    </ul>
  </section>`;
};

/** The keys that matter most, at the foot of the column. */
export const KeyList = () => html`<dl class="keys">
  <div><dt>${t("desk.ready")}</dt><dd><kbd>F2</kbd></dd></div>
  <div><dt>${t("state.not_ready")}</dt><dd><kbd>F3</kbd> <kbd>1</kbd>–<kbd>9</kbd></dd></div>
  <div><dt>${t("call.answer")}</dt><dd><kbd>Enter</kbd></dd></div>
  <div><dt>${t("wrap.end")}</dt><dd><kbd>Ctrl Enter</kbd></dd></div>
  <div><dt>${t("dial.title")}</dt><dd><kbd>D</kbd></dd></div>
  <div><dt>${t("keys.back")}</dt><dd><kbd>H</kbd> <kbd>S</kbd></dd></div>
</dl>`;
