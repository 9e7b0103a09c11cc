// Find: a colleague, a queue, one of today's contacts, a task or a notice; Enter goes there.
import { html, signal } from "../shared/lib.js";
import { t, code } from "../shared/text.js";
import { view } from "../shared/live.js";
import { number, plain, dayMinute, num } from "../shared/format.js";
import { State } from "../shared/parts.js";
import { day, tasks, notices, own, queueName } from "./desk.js";
import { Sheet, close } from "./sheet.js";
import { dial } from "./dial.js";

const typed = signal("");
const MOST = 12;

/** @typedef {{ kind: string, name: string, hint: any, go?: () => void, word?: string }} Found */

/** @returns {Found[]} */
function found() {
  const like = typed.value.trim().toLowerCase();
  if (!like) return [];
  const has = (/** @type {unknown[]} */ ...s) => s.some((x) => String(x ?? "").toLowerCase().includes(like));
  /** @type {Found[]} */
  const out = [];
  for (const a of view.value.agents) {
    if (a.id !== own.value?.id && has(a.id, a.name)) out.push({ kind: t("role.agent"), name: `${a.name} ${a.id}`, hint: html`<${State} state=${a.state} over=${a.over} />`, word: t("todo.call"), go: () => dial(a.id) });
  }
  for (const q of view.value.queues) if (has(q.id, q.name)) out.push({ kind: t("wall.queue"), name: q.name, hint: t("target.waiting", { n: num(q.waiting) }) });
  for (const x of day.value?.recent ?? []) {
    if (has(x.from?.name, x.from?.number, x.to)) out.push({ kind: code("direction", x.direction), name: [plain(x.from?.name, 24), number(x.direction === "outbound" ? x.to : x.from?.number)].join(" "), hint: dayMinute(x.at) + " " + queueName(x.queue) });
  }
  for (const x of tasks.value ?? []) if (has(x.from?.name, x.from?.number, x.note)) out.push({ kind: t("todo.title"), name: [plain(x.from?.name, 24), number(x.from?.number), plain(x.note, 40)].join(" "), hint: code("task", x.kind), go: () => document.getElementById("tasks")?.focus() });
  for (const x of notices.value ?? []) if (has(x.title, x.text)) out.push({ kind: t("notice.title"), name: plain(x.title, 60), hint: dayMinute(x.posted), go: () => document.getElementById("notices")?.focus() });
  return out.slice(0, MOST);
}

/** @param {Found | undefined} f */
function go(f) {
  if (!f?.go) return;
  close();
  f.go();
}

export const Search = () => {
  const rows = found();
  return html`<${Sheet} title=${t("top.search")}>
    <form class="find" onSubmit=${(/** @type {Event} */ e) => (e.preventDefault(), go(rows.find((r) => r.go)))}>
      <input type="text" autofocus aria-label=${t("top.search")} placeholder=${t("search.what")} value=${typed.value} onInput=${(/** @type {any} */ e) => (typed.value = e.target.value)} />
    </form>
    <ul class="found" aria-live="polite">
      ${rows.map((r) => html`<li><span class="d k">${r.kind}</span><span class="nm"><bdi>${r.name}</bdi></span><span class="m">${r.hint}</span>${r.go ? html`<button type="button" class="btn a" onClick=${() => go(r)}>${r.word ?? t("search.go")}</button>` : html`<span></span>`}</li>`)}
      ${typed.value.trim() && rows.length === 0 && html`<li class="m">${t("search.none")}</li>`}
    </ul>
  </${Sheet}>`;
};
