// What is kept of a customer: name, notes, contacts and open tasks.
import { html, signal } from "../shared/lib.js";
import { t, code } from "../shared/text.js";
import { api, Problem } from "../shared/api.js";
import { dayMinute, number, plain } from "../shared/format.js";
import { Blank } from "../shared/shell.js";
import { card, off, act } from "./desk.js";
import { sheet, Sheet } from "./sheet.js";
import { codeWords } from "../shared/codes.js";
import { taskWords } from "./todo.js";

/** @type {import("../shared/lib.js").Signal<any>} */
const customer = signal(null);
const failed = signal("");
const line = signal("");

const path = () => `/customers/${encodeURIComponent("contact:" + card.peek()?.contact)}`;

async function load() {
  failed.value = "";
  try {
    customer.value = await api(path());
  } catch (e) {
    failed.value = (e instanceof Problem && e.message) || t("error.unreachable");
  }
}

export function openCustomer() {
  if (!card.peek()) return;
  customer.value = card.peek().customer ?? null;
  sheet.value = "customer";
  load();
}

/** @param {{ word: string }} p */
export const CustomerButton = ({ word }) => html`<button type="button" class="link" onClick=${openCustomer}>${word}</button>`;

/** @param {Event} e */
async function add(e) {
  e.preventDefault();
  if (line.value.trim() && (await act(path() + "/notes", { body: { text: line.value.trim() }, once: true }))) {
    line.value = "";
    load();
  }
}

export const Customer = () => {
  const c = customer.value;
  return html`<${Sheet} title=${t("customer.title")} wide>
    ${failed.value
      ? html`<${Blank} state="error" text=${failed.value} retry=${load} />`
      : !c
        ? html`<${Blank} state="loading" />`
        : html`<p class="cname"><b><bdi>${plain(c.name) || t("call.noName")}</bdi></b> <span class="num">${number(plain(c.number, 32))}</span>${c.vip && html`<span class="chip vip">VIP</span>`}</p>
            <h3 class="h">${t("customer.notes")}</h3>
            <ul class="lines">${(c.notes ?? []).map((/** @type {any} */ n) => html`<li key=${n.id}><span class="d">${dayMinute(n.at)}</span> <span class="m">${plain(n.by, 32)}</span> ${plain(n.text, 400)}</li>`)}</ul>
            <form class="line" onSubmit=${add}><input type="text" maxlength="1000" aria-label=${t("customer.newNote")} placeholder=${t("customer.newNote")} value=${line.value} onInput=${(/** @type {any} */ e) => (line.value = e.target.value)} /><button class="btn" disabled=${off.value || !line.value.trim()}>${t("customer.add")}</button></form>
            <h3 class="h">${t("call.open")}</h3>
            <ul class="lines">${(c.tasks ?? []).map((/** @type {any} */ x) => html`<li key=${x.id}><span class="d">${x.due ? dayMinute(x.due) : ""}</span> ${taskWords(x)}</li>`)}</ul>
            <h3 class="h">${t("hist.title")}</h3>
            <ul class="lines">${(c.history ?? []).map((/** @type {any} */ x) => html`<li key=${x.id}><span class="d">${dayMinute(x.started)}</span> ${code("outcome", x.outcome)} ${codeWords(x.codes)} ${plain(x.note, 200)}</li>`)}</ul>`}
  </${Sheet}>`;
};
