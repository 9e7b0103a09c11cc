// Customers who hung up waiting, and what became of them: to be called back from here.
import { html, signal, Glyph } from "../shared/lib.js";
import { useEffect, useState } from "../vendor/preact/hooks.module.js";
import { t, code } from "../shared/text.js";
import { api, Problem } from "../shared/api.js";
import { dayTime, dur, num, number, DASH } from "../shared/format.js";
import { may } from "../shared/shell.js";
import { names } from "../qa/names.js";
import { asked, ask, address, reload, useReport } from "./source.js";
import { Got, Part } from "./parts.js";

const states = ["open", "promised", "called_again", "called_back", "reached"];
const chosen = signal("");
/** What came of the last act, by contact. */
const said = signal(/** @type {Record<string, { text: string, bad?: boolean }>} */ ({}));

/** Does something for a contact, and says what came of it under its row. @param {string} id @param {() => Promise<any>} act @param {string} done */
async function attempt(id, act, done) {
  said.value = { ...said.value, [id]: { text: "…" } };
  try {
    await act();
    said.value = { ...said.value, [id]: { text: done } };
    reload();
  } catch (e) {
    said.value = { ...said.value, [id]: { text: e instanceof Problem && e.status ? e.message : t("error.unreachable"), bad: true } };
  }
}

/** A task to call the customer back, for somebody or for anybody. @param {any} g @param {string} owner */
const promise = (g, owner) => api("/tasks", { body: { kind: "callback", contact: g.contact, queue: g.queue, owner }, once: true });

/** Says that the customer was called back: closes the task there is, or one made for it. @param {any} g @param {string} note */
async function done(g, note) {
  const open = g.task && !g.task.closed ? g.task : await promise(g, "");
  return api(`/tasks/${encodeURIComponent(open.id)}/done`, { body: { note } });
}

/** @param {{ g: any }} p */
const Acts = ({ g }) => {
  const [agents, set] = useState(/** @type {any[]} */ (names.agents.value));
  const [who, choose] = useState("");
  const [note, write] = useState("");
  useEffect(() => {
    let gone = false;
    api("/live").then((v) => gone || set(v.agents), () => {});
    return () => {
      gone = true;
    };
  }, [g.contact]);
  const now = agents.filter((a) => a.state && a.state !== "signed_out");
  const ready = who && now.find((a) => a.id === who)?.state === "ready";
  const told = said.value[g.contact];
  const name = (/** @type {any} */ a) => `${a.name} ${a.id} · ${code("state", a.state || "signed_out")}`;
  return html`<div class="rec">
    <p>${g.again && html`<span>${t("reports.calledAgain", { at: dayTime(g.again.at) })} <a class="fig" href=${"/qa?id=" + encodeURIComponent(g.again.contact)}>${g.again.reached ? t("reports.spoken") : t("reports.unspoken")}</a></span>`}
      ${g.back && html`<span>${t("reports.calledBack", { at: dayTime(g.back.at), who: g.back.agent ? names.agent(g.back.agent) : "" })} <a class="fig" href=${"/qa?id=" + encodeURIComponent(g.back.contact)}>${g.back.reached ? t("reports.spoken") : t("reports.unspoken")}</a></span>`}
      ${g.task && html`<span>${t("reports.taskOf", { who: g.task.owner ? names.agent(g.task.owner) : t("reports.anybody") })} ${g.task.closed ? t("reports.taskClosed", { who: g.task.by ?? "", at: dayTime(g.task.closed) }) : t("reports.taskOpen")}${g.task.result && html` <span class="m">${g.task.result}</span>`}</span>`}
      ${g.promise && html`<span>${t("reports.promise")} ${g.promise.result ? code("promise", g.promise.result) : t("reports.taskOpen")}</span>`}</p>
    <p class="acts">
      ${may("control_any") && html`<label>${t("reports.callBy")}<select value=${who} onChange=${(/** @type {any} */ e) => choose(e.target.value)}><option value="">${DASH}</option>${now.map((a) => html`<option value=${a.id} selected=${a.id === who}>${name(a)}</option>`)}</select></label>
        <button class="btn p" disabled=${!ready} title=${who && !ready ? t("reports.notReadyNow") : undefined} onClick=${() => attempt(g.contact, () => api(`/agents/${encodeURIComponent(who)}/calls`, { body: { for: g.contact, queue: g.queue } }), t("reports.ringing", { who: names.agent(who) }))}>${t("reports.callNow")}</button>`}
      ${may("see_tasks") && html`<button class="btn" disabled=${g.task && !g.task.closed} onClick=${() => attempt(g.contact, () => promise(g, who), t("reports.listed"))}>${t("reports.putOnList")}</button>
        <input class="note" placeholder=${t("reports.note")} aria-label=${t("reports.note")} maxlength="200" value=${note} onInput=${(/** @type {any} */ e) => write(e.target.value)} />
        <button class="btn" onClick=${() => attempt(g.contact, () => done(g, note), t("reports.marked"))}>${t("reports.markDone")}</button>`}
      <a class="btn q" href=${"/qa?id=" + encodeURIComponent(g.contact)}>${t("reports.record")}</a>
      ${told && html`<span class=${told.bad ? "crit" : "m"} role=${told.bad ? "alert" : "status"}>${told.text}</span>`}
    </p>
  </div>`;
};

/** @param {{ s: string }} p */
const Became = ({ s }) => html`<span class=${"sv " + (s === "open" ? "warn" : s === "reached" ? "d" : "m")}>${s === "open" ? html`<${Glyph} name="warn" />` : s === "reached" ? html`<${Glyph} name="ok" />` : html`<span class="ghost"><${Glyph} name="ok" /></span>`}${code("gaveup", s)}</span>`;

/** @param {{ g: any, on: boolean }} p */
const Row = ({ g, on }) => html`<tr class=${"row" + (on ? " on" : "")} onClick=${() => (chosen.value = on ? "" : g.contact)}>
    <td class="nw"><button class="pick" aria-expanded=${on}>${dayTime(g.at)}</button></td>
    <td class="cut">${number(g.from?.number)}${g.from?.name && html` <span class="d">${g.from.name}</span>`}</td>
    <td class="cut">${g.name || names.queue(g.queue)}</td>
    <td class="n">${dur(g.wait_ms)}</td>
    <td>${g.short && html`<span class="chip">${code("outcome", "short")}</span>`}</td>
    <td class="n">${g.rings ? num(g.rings) : html`<span class="d">0</span>`}</td>
    <td><${Became} s=${g.state} /></td>
    <td class="cut m">${g.back?.agent ? names.agent(g.back.agent) : g.task?.owner ? names.agent(g.task.owner) : ""}</td>
  </tr>
  ${on && html`<tr class="under"><td colspan="8"><${Acts} g=${g} /></td></tr>`}`;

/** @param {KeyboardEvent} e @param {any[]} items */
function keys(e, items) {
  if (/^(INPUT|SELECT)$/.test(/** @type {HTMLElement} */ (e.target).tagName)) return;
  const step = { ArrowDown: 1, ArrowUp: -1 }[e.key];
  if (!step || !items.length) return;
  const i = items.findIndex((g) => g.contact === chosen.value);
  chosen.value = items[Math.max(0, Math.min(items.length - 1, i + step))].contact;
  e.preventDefault();
  requestAnimationFrame(() => document.querySelector("tr.row.on")?.scrollIntoView({ block: "nearest" }));
}

export const View = () => {
  const { queue, more } = asked.value;
  const state = more.state === "all" ? "" : states.includes(more.state) ? more.state : "open";
  const shorts = more.shorts === "true";
  const q = { queue, state, shorts: String(shorts), limit: "100", cursor: more.cursor ?? "" };
  const got = useReport(address("abandoned", q));
  const pick = (/** @type {string} */ s) => ask({ state: s === "open" ? "" : s, cursor: "" });
  return html`<${Part} name=${t("reports.gaveUp")} note=${got.data && t("reports.gaveUpCount", { n: got.data.items.length + (got.data.next ? "+" : "") })} file=${address("abandoned", { ...q, limit: "", cursor: "" })}
    right=${html`<label class="m"><input type="checkbox" checked=${shorts} onChange=${(/** @type {any} */ e) => ask({ shorts: e.target.checked ? "true" : "", cursor: "" })} /> ${t("reports.withShort")}</label>
      <span class="seg noprint">${["all", ...states].map((s) => html`<button class=${"btn" + ((state || "all") === s ? " on" : "")} aria-pressed=${(state || "all") === s} onClick=${() => pick(s)}>${code("gaveup", s)}</button>`)}</span>`}>
    <${Got} of=${got}>${(/** @type {any} */ d) => d.items.length
      ? html`<div onKeyDown=${(/** @type {KeyboardEvent} */ e) => keys(e, d.items)}><table class="list ab">
          <thead><tr><th>${t("reports.hungUp")}</th><th>${t("qa.number")}</th><th>${t("qa.queue")}</th><th class="n">${t("qa.wait")}</th><td></td><th class="n">${t("reports.rang")}</th><th>${t("reports.became")}</th><th>${t("qa.agent")}</th></tr></thead>
          <tbody>${d.items.map((/** @type {any} */ g) => html`<${Row} key=${g.contact} g=${g} on=${chosen.value === g.contact} />`)}</tbody>
        </table>${d.next && html`<p class="pages noprint"><button class="btn" onClick=${() => ask({ cursor: d.next })}>${t("reports.pageAfter")}</button></p>`}</div>`
      : html`<p class="m none">${t("reports.noGaveUp")}</p>`}<//>
  <//>`;
};
