// Skills for a limited time: who has which until when, and the form to lend them.
import { html, signal } from "../shared/lib.js";
import { t } from "../shared/text.js";
import { api } from "../shared/api.js";
import { clock, num } from "../shared/format.js";
import { view } from "../shared/live.js";
import { act, busy } from "./ask.js";
import { chosen } from "./floor.js";

/** The skills of the centre; null: not asked for yet. @type {import("../shared/lib.js").Signal<{ id: string, queues: string[] }[] | null>} */
const skills = signal(null);
const agent = signal("");
const skill = signal("");
const level = signal("5");
const minutes = signal("60");

const path = (/** @type {string} */ id) => `/agents/${encodeURIComponent(id)}/lend`;
const queueName = (/** @type {string} */ id) => view.value?.queues.find((/** @type {any} */ q) => q.id === id)?.name ?? id;
/** A skill, and the queues that it is asked for by. @param {{ id: string, queues: string[] }} s */
const label = (s) => (s.queues.length ? `${s.id} (${s.queues.map(queueName).join(t("call.comma"))})` : s.id);

async function open() {
  skills.value = skills.value ? null : await api("/skills").then(
    (x) => x.items,
    () => [],
  );
}

/** What the agent is lent besides stays lent: all end at the new time. @param {any[]} agents */
async function lend(agents) {
  const who = agent.value || chosen.value || agents[0]?.id;
  const what = skill.value || skills.value?.[0]?.id;
  if (!who || !what) return;
  const had = agents.find((a) => a.id === who)?.lent?.skills ?? {};
  if (await act(path(who), { body: { skills: { ...had, [what]: +level.value }, minutes: +minutes.value } })) skills.value = null;
}

/** What is shown is what is lent: nothing chosen yet stands as the first. @param {any} name @param {any} value @param {any} options @param {string} [first] */
const Choice = (name, value, options, first = "") => html`<label class="d">${name} <select value=${value.value || first} onChange=${(/** @type {any} */ e) => (value.value = e.target.value)}>${options}</select></label>`;

/** @param {{ agents: any[] }} p */
const Form = ({ agents }) => html`<div class="lend">
  <p class="row">${Choice(t("lend.agent"), agent, agents.map((a) => html`<option key=${a.id} value=${a.id}>${a.name} ${a.id}</option>`), chosen.value || agents[0]?.id)}
    ${Choice(t("lend.skill"), skill, skills.value?.map((s) => html`<option key=${s.id} value=${s.id}>${label(s)}</option>`), skills.value?.[0]?.id)}</p>
  <p class="row">${Choice(t("lend.level"), level, [9, 8, 7, 6, 5, 4, 3, 2, 1, 0].map((n) => html`<option key=${n} value=${String(n)}>${n || t("lend.away")}</option>`))}
    ${Choice(t("lend.for"), minutes, [15, 30, 60, 120, 240, 480].map((n) => html`<option key=${n} value=${String(n)}>${t("lend.minutes", { n })}</option>`))}
    <span class="sp"></span><button class="btn on" disabled=${busy.value || !skills.value?.length} onClick=${() => lend(agents)}>${t("lend.go")}</button></p>
</div>`;

/** @param {{ agents: any[] }} p */
export const Lend = ({ agents }) => {
  const lent = agents.filter((a) => a.lent);
  return html`<section>
    <h2>${t("lend.title")} <span class="d">${num(lent.length)}</span><span class="sp"></span><button class="btn q" aria-expanded=${skills.value !== null} onClick=${open}>${t("lend.new")}</button></h2>
    ${skills.value && html`<${Form} agents=${agents} />`}
    ${lent.length === 0 && !skills.value && html`<p class="m none">${t("lend.none")}</p>`}
    <ul>${lent.map((a) => html`<li key=${a.id}>
      <p><b>${a.name}</b> <span class="d">${a.id}</span> ${Object.entries(a.lent.skills).map(([id, n]) => (n ? t("lend.has", { skill: id, n }) : t("lend.hasNot", { skill: id }))).join(t("call.comma"))}</p>
      <p class="row"><span class="d">${t("lend.until", { time: clock(a.lent.until), by: a.lent.by ?? "" })}</span><span class="sp"></span><button class="btn" disabled=${busy.value} onClick=${() => act(path(a.id), { method: "DELETE" })}>${t("lend.undo")}</button></p>
    </li>`)}</ul>
  </section>`;
};
