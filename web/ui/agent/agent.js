// The agent desk: one's own state, what comes after the call, today's figures and the load of one's queues.
import { html, render, signal, computed, effect } from "../shared/lib.js";
import { t } from "../shared/text.js";
import { api, Problem } from "../shared/api.js";
import { view, stale, start } from "../shared/live.js";
import { me, enter, Head, Blank } from "../shared/shell.js";
import { Fresh } from "../shared/parts.js";
import { loadReasons } from "../shared/reasons.js";
import { Mine, keys } from "./mine.js";
import { Today, Queues } from "./side.js";
import { Tasks, loadTasks } from "../lead/side.js";
import { problem as taskProblem } from "../lead/ask.js";

/** The agent of this login in the live view. */
const own = computed(() => view.value?.agents.find((/** @type {any} */ a) => a.id === me.value?.agent));

/** Today's figures; asked for again whenever one's state has changed. @type {import("../shared/lib.js").Signal<any>} */
const today = signal(null);
/** @type {import("../shared/lib.js").Signal<string[]>} */
const serves = signal([]);
const problem = signal("");
const busy = signal(false);

/**
 * Asks the engine for something about one's state; the new state comes with the live view.
 * @param {string} path @param {object} [body] @param {string} [method]
 */
async function ask(path, body, method = "POST") {
  if (busy.value) return;
  busy.value = true;
  problem.value = "";
  try {
    await api(`/agents/${encodeURIComponent(me.value.agent)}/${path}`, { method, body });
  } catch (e) {
    const p = e instanceof Problem ? e : new Problem(0, "");
    problem.value = p.status === 409 ? t("desk.refused", { why: p.message }) : t("desk.failed", { why: p.message || t("error.unreachable") });
  }
  busy.value = false;
}

const Page = () => {
  const user = me.value;
  const a = own.value;
  let body;
  if (!user || !view.value) body = html`<${Blank} state=${stale.value ? "error" : "loading"} text=${t("error.unreachable")} />`;
  else if (!user.agent) body = html`<${Blank} state="empty" text=${t("desk.notAgent")} />`;
  else if (!a) body = html`<${Blank} state="error" text=${t("desk.unknownAgent", { id: user.agent })} />`;
  else {
    body = html`<div class=${"mine" + (stale.value ? " stale-area" : "")}><${Mine} a=${a} today=${today.value} ask=${ask} busy=${busy.value || stale.value} problem=${problem.value} /></div>
      <div class=${"side" + (stale.value ? " stale-area" : "")}><${Today} row=${today.value} /><${Queues} queues=${view.value.queues.filter((/** @type {any} */ q) => serves.value.includes(q.id))} /><div class="todo"><${Tasks} queues=${view.value.queues} /><p class="problem" role="alert">${taskProblem.value}</p></div></div>`;
  }
  return html`<${Head}>${a && html`<b>${a.name}</b>`}<${Fresh} /></${Head}><main>${body}</main>`;
};

const changed = computed(() => own.value && `${own.value.state} ${own.value.since}`);
effect(() => {
  if (!changed.value) return;
  api(`/agents/${encodeURIComponent(me.peek().agent)}`).then(
    (r) => (today.value = r.today),
    () => {}, // the figures of before stay, the head says that the engine is away
  );
});
const tasksChanged = computed(() => view.value?.tasks?.seq);
effect(() => {
  if (tasksChanged.value && me.peek()?.agent) loadTasks().catch(() => {}); // the head says that the engine is away
});
effect(() => void (document.title = `${t("nav.agent")} — Hotline`));
addEventListener("keydown", (e) => {
  if (own.value && !stale.value) keys(e, own.value, ask);
});

render(html`<${Page} />`, document.body);
await enter();
if (me.value.agent) {
  start();
  await Promise.all([
    loadReasons(),
    api(`/agents/${encodeURIComponent(me.value.agent)}/explain`).then((x) => (serves.value = x.serves ?? [])),
  ]).catch(() => {});
} else view.value = { agents: [], queues: [] };
