// What is left for later: a follow-up, or a call back at a time.
import { html, signal } from "../shared/lib.js";
import { t, code } from "../shared/text.js";
import { card, act, off, problem, readTasks } from "./desk.js";
import { now } from "../shared/live.js";
import { zone } from "../shared/format.js";
import { Sheet, sheet, close } from "./sheet.js";

const text = signal("");
const kind = signal("follow_up");

/** A local time of the field as the centre's instant. @param {string} local */
function instant(local) {
  if (!local) return undefined;
  const want = Date.parse(local + "Z");
  const wall = new Intl.DateTimeFormat("sv-SE", { timeZone: zone.value || undefined, dateStyle: "short", timeStyle: "medium" });
  const shift = Date.parse(wall.format(new Date(want)).replace(" ", "T") + "Z") - want;
  return new Date(want - shift).toISOString();
}

/** The field's text of an instant in the centre's time. @param {number} at */
const local = (at) => new Intl.DateTimeFormat("sv-SE", { timeZone: zone.value || undefined, dateStyle: "short", timeStyle: "short" }).format(new Date(at)).replace(" ", "T");

/** @param {Event} e */
async function open(e) {
  e.preventDefault();
  const form = new FormData(/** @type {HTMLFormElement} */ (e.target));
  const body = {
    kind: sheet.peek() === "callback" ? "callback" : kind.value,
    note: text.value,
    due: instant(String(form.get("due") ?? "")),
    number: String(form.get("number") ?? "") || undefined,
    contact: card.peek()?.contact,
    queue: card.peek()?.queue,
  };
  if (await act("/tasks", { body, once: true })) {
    text.value = "";
    close();
    readTasks();
  }
}

export const NewTask = () => {
  const back = sheet.value === "callback";
  const c = card.value;
  return html`<${Sheet} title=${back ? t("wrap.newCallback") : t("wrap.newTask")}>
    <form class="fields" onSubmit=${open}>
      ${!back && html`<label for="task-kind">${t("task.kind")}</label><select id="task-kind" value=${kind.value} onChange=${(/** @type {any} */ e) => (kind.value = e.target.value)}>${["follow_up", "complaint"].map((k) => html`<option value=${k}>${code("task", k)}</option>`)}</select>`}
      ${!c && html`<label for="task-number">${t("qa.number")}</label><input id="task-number" name="number" type="tel" maxlength="40" required=${back} autofocus />`}
      <label for="task-due">${t("task.due")}</label><input id="task-due" name="due" type="datetime-local" required=${back} defaultValue=${local(now.value + 3600000)} />
      <label for="task-note">${t("wrap.note")}</label><textarea id="task-note" rows="3" maxlength="2000" autofocus=${!!c} required=${!back} value=${text.value} onInput=${(/** @type {any} */ e) => (text.value = e.target.value)}></textarea>
      <p class="crit" role="alert">${problem.value}</p>
      <p class="end"><button class="btn p" disabled=${off.value}>${t("task.open")}</button></p>
    </form>
  </${Sheet}>`;
};
