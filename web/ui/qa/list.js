// The searched list of contacts.
import { html, signal, Glyph } from "../shared/lib.js";
import { t, code } from "../shared/text.js";
import { api, Problem } from "../shared/api.js";
import { dayTime, dur, dateOf, dayStart, number, DASH } from "../shared/format.js";
import { Blank } from "../shared/shell.js";
import { codes } from "../shared/codes.js";
import { names } from "./names.js";

/** @typedef {any} Contact */

export const items = signal(/** @type {Contact[]} */ ([]));
const next = signal("");
const state = signal(/** @type {"loading" | "ready" | "error"} */ ("loading"));
const problem = signal("");
const chosen = signal(0);

const fields = ["from", "to", "number", "agent", "queue", "outcome", "code"];
const outcomes = ["answered", "abandoned", "short", "overflow", "timeout", "key", "blocked", "ivr", "reached", "not_reached", "recorded", "lost", "moved", "closed", "no_agents", "open"];

/** What the address asks for. */
const asked = () => {
  const q = new URLSearchParams(location.search);
  return Object.fromEntries(fields.map((f) => [f, q.get(f) ?? ""]));
};
const filters = signal(asked());

/** @type {AbortController | undefined} */
let running;

/** Asks for the list again. @param {boolean} more the next page, after the rows that are there */
export async function search(more) {
  filters.value = asked();
  const q = new URLSearchParams({ limit: "100" });
  for (const [k, v] of Object.entries(filters.value)) if (v && k !== "from" && k !== "to") q.set(k, v);
  const { from, to } = filters.value;
  if (from) q.set("from", dayStart(from));
  if (to) q.set("to", dayStart(dateOf(Date.parse(to + "T00:00:00Z") + 36 * 3600_000)));
  if (more) q.set("cursor", next.value);
  running?.abort();
  running = new AbortController();
  if (!more) state.value = "loading";
  try {
    const page = await api("/contacts?" + q, { signal: running.signal });
    items.value = more ? [...items.value, ...page.items] : page.items;
    next.value = page.next ?? "";
    if (!more) chosen.value = 0;
    state.value = "ready";
  } catch (e) {
    if (e instanceof DOMException && e.name === "AbortError") return;
    problem.value = e instanceof Problem && e.status ? t("qa.failed", { detail: `${e.message} (${e.status})` }) : t("error.unreachable");
    state.value = "error";
  }
}

/** Puts a filter into the address and asks again. @param {string} field @param {string} value */
function set(field, value) {
  const q = new URLSearchParams(location.search);
  if (value) q.set(field, value);
  else q.delete(field);
  history.replaceState(null, "", q.size ? "?" + q : location.pathname);
  search(false);
}

function clear() {
  history.replaceState(null, "", location.pathname);
  search(false);
}

let typing = 0;
/** @param {string} v */
function typed(v) {
  clearTimeout(typing);
  typing = window.setTimeout(() => set("number", v.trim()), 250);
}

/** @param {{ field: string, all: string, options: { id: string, name: string }[] }} p */
const Choice = ({ field, all, options }) => html`<select aria-label=${all} class=${filters.value[field] ? "set" : ""} value=${filters.value[field]} onChange=${(/** @type {any} */ e) => set(field, e.target.value)}>
  <option value="">${all}</option>
  ${options.map((o) => html`<option value=${o.id} selected=${o.id === filters.value[field]}>${o.name}</option>`)}
</select>`;

const Filters = () => {
  const f = filters.value;
  const used = Object.values(f).some((v) => v);
  return html`<form class="flt" role="search" onSubmit=${(/** @type {Event} */ e) => e.preventDefault()}>
    <label><span>${t("qa.number")} <kbd>/</kbd></span><input id="number" type="search" inputmode="tel" autocomplete="off" maxlength="64" value=${f.number} onInput=${(/** @type {any} */ e) => typed(e.target.value)} /></label>
    <${Choice} field="queue" all=${t("qa.allQueues")} options=${names.queues.value} />
    <${Choice} field="agent" all=${t("qa.allAgents")} options=${names.agents.value.map((a) => ({ id: a.id, name: names.agent(a.id) }))} />
    <${Choice} field="outcome" all=${t("qa.allOutcomes")} options=${outcomes.map((o) => ({ id: o, name: code("outcome", o) }))} />
    ${codes.value.length > 0 && html`<${Choice} field="code" all=${t("qa.allCodes")} options=${codes.value.map((c) => ({ id: c.id, name: "\u2003".repeat(c.depth) + c.name }))} />`}
    <label>${t("qa.from")}<input type="date" value=${f.from} max=${f.to || undefined} onChange=${(/** @type {any} */ e) => set("from", e.target.value)} /></label>
    <label>${t("qa.to")}<input type="date" value=${f.to} min=${f.from || undefined} onChange=${(/** @type {any} */ e) => set("to", e.target.value)} /></label>
    ${used && html`<button type="button" class="btn q" onClick=${clear}>${t("qa.clear")}</button>`}
    <span class="sp"></span>
    <span class="m" role="status">${state.value === "ready" && t(next.value ? "qa.countMore" : "qa.count", { n: items.value.length })}</span>
    <button type="button" class="btn" onClick=${() => search(false)}>${t("qa.reload")} <kbd>R</kbd></button>
  </form>`;
};

/** How bad an outcome is: its glyph stands before the word. @param {string} o */
export const gravity = (o) => (o === "lost" ? "crit" : o === "abandoned" || o === "blocked" || o === "timeout" || o === "no_agents" ? "warn" : "");

/** How a contact or a visit ended; of a trial of a flow, that it was one of ours. @param {{ outcome: string, direction?: string }} p */
export const Outcome = ({ outcome, direction }) => {
  if (outcome === "ivr" && direction === "internal") return html`<span class="oc"><i></i>${code("direction", direction)}</span>`;
  const g = gravity(outcome);
  return html`<span class=${"oc " + g}><i>${g && html`<${Glyph} name=${g} />`}</i>${code("outcome", outcome || "open")}</span>`;
};

/** @param {{ c: Contact, on: boolean, show: (id: string) => void, choose: () => void }} p */
const Row = ({ c, on, show, choose }) => html`<tr class=${on ? "on" : ""} aria-selected=${on} onClick=${() => show(c.id)} onMouseEnter=${choose}>
  <td class="nw"><a href=${"?id=" + encodeURIComponent(c.id)} tabindex="-1" onClick=${(/** @type {Event} */ e) => e.preventDefault()}>${dayTime(c.started)}</a></td>
  <td class="nw cut">${c.direction === "outbound" ? c.to : number(c.from.number)}${c.from.name && html`<span class="d nm">${c.from.name}</span>`}</td>
  <td class="cut">${c.queues?.map(names.queue).join(" → ") || html`<span class="d">${DASH}</span>`}</td>
  <td class="cut">${c.agents?.map(names.agent).join(" → ") || html`<span class="d">${DASH}</span>`}</td>
  <td><${Outcome} outcome=${c.outcome} direction=${c.direction} /></td>
  <td class="n">${c.queues ? dur(c.wait_ms) : html`<span class="d">${DASH}</span>`}</td>
  <td class="n">${c.talk_ms ? dur(c.talk_ms) : html`<span class="d">${DASH}</span>`}</td>
  <td class="n">${dur(c.ms)}</td>
  <td>${c.has_recording ? html`<span class="heard"><${Glyph} name="play" />${t("qa.recorded")}</span>` : html`<span class="d">${DASH}</span>`}</td>
</tr>`;

/** @param {KeyboardEvent} e @param {(id: string) => void} show */
function keys(e, show) {
  const n = items.value.length;
  const to = { ArrowDown: chosen.value + 1, ArrowUp: chosen.value - 1, Home: 0, End: n - 1, PageDown: chosen.value + 20, PageUp: chosen.value - 20 }[e.key];
  if (e.key === "Enter" && items.value[chosen.value]) show(items.value[chosen.value].id);
  else if (e.key === "r" && !e.ctrlKey && !e.metaKey) search(false);
  else if (to === undefined) return;
  else {
    chosen.value = Math.max(0, Math.min(n - 1, to));
    requestAnimationFrame(() => document.querySelector("tr.on")?.scrollIntoView({ block: "nearest" }));
  }
  e.preventDefault();
}

const heads = ["qa.time", "qa.number", "qa.queue", "qa.agent", "qa.outcome", "qa.wait", "qa.talk", "qa.length", "qa.recording"];
const right = new Set(["qa.wait", "qa.talk", "qa.length"]);

/** @param {{ show: (id: string) => void }} p */
export const List = ({ show }) => html`<${Filters} />
  <main class="list" tabindex="0" aria-label=${t("qa.title")} onKeyDown=${(/** @type {KeyboardEvent} */ e) => keys(e, show)} ref=${(/** @type {HTMLElement | null} */ m) => m && document.activeElement === document.body && m.focus()}>
    <h1 class="off">${t("qa.title")}</h1>
    <table>
      <thead>
        <tr>
          ${heads.map((k) => html`<th class=${right.has(k) ? "n" : ""} scope="col">${t(/** @type {any} */ (k))}</th>`)}
        </tr>
      </thead>
      ${state.value === "ready" &&
      html`<tbody>
        ${items.value.map((c, i) => html`<${Row} key=${c.id} c=${c} on=${i === chosen.value} show=${show} choose=${() => (chosen.value = i)} />`)}
      </tbody>`}
    </table>
    ${state.value === "loading" && html`<${Blank} state="loading" />`}
    ${state.value === "error" && html`<${Blank} state="error" text=${problem.value} retry=${() => search(false)} />`}
    ${state.value === "ready" && !items.value.length && html`<${Blank} state="empty" text=${t("qa.empty")} />`}
    ${state.value === "ready" && next.value && html`<p class="more"><button class="btn" onClick=${() => search(true)}>${t("qa.more")}</button></p>`}
  </main>`;
