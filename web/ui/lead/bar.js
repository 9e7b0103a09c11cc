// Supervision: what the chosen agent's call is, and listening, whispering, barging in and taking over. It stands at the foot of
// the page while an agent in a call is chosen or one's line is up.
import { html, computed } from "../shared/lib.js";
import { t, code } from "../shared/text.js";
import { dur, number } from "../shared/format.js";
import { view, since, stale } from "../shared/live.js";
import { me, may } from "../shared/shell.js";
import * as phone from "../phone/phone.js";
import { Pane } from "../phone/pane.js";
import { act, busy, free } from "./ask.js";
import { chosen } from "./floor.js";

const modes = ["listen", "whisper", "barge", "take_over"];

/** One's own line, if it is up. */
export const line = computed(() => view.value?.supervisions?.find((/** @type {any} */ s) => s.by === me.value?.user));

const agentOf = (/** @type {string | undefined} */ id) => view.value?.agents.find((/** @type {any} */ a) => a.id === id);
/** Whose call it is about: that one is in, else the chosen one's. */
const about = computed(() => agentOf(line.value?.agent) ?? agentOf(line.value?.follow) ?? agentOf(chosen.value));
const callOf = (/** @type {any} */ a) => view.value?.calls.find((/** @type {any} */ c) => c.id === a?.call && c.agent === a.id);

/** May do more than listen. */
const full = () => may("control_any");

/** The contact whose supervision is being asked for. */
let asked = "";

/** @param {string} mode */
async function supervise(mode) {
  const contact = line.value?.contact ?? about.value?.contact;
  if (!contact || busy.value) return;
  asked = contact;
  await act(`/contacts/${encodeURIComponent(contact)}/supervise`, { body: { mode } });
  asked = "";
}

/** @param {string} [contact] of the line if none is seen yet */
function stop(contact) {
  const l = line.value ?? { contact };
  if (l.follow) void act(`/agents/${encodeURIComponent(l.follow)}/follow`, { method: "DELETE" });
  else if (l.contact) void act(`/contacts/${encodeURIComponent(l.contact)}/supervise`, { method: "DELETE" });
}

/** @param {any} a */
const follow = (a) => act(`/agents/${encodeURIComponent(a.id)}/follow`, { method: line.value?.follow === a.id ? "DELETE" : "POST", body: line.value?.follow === a.id ? undefined : {} });

/** The keys of the bar. @param {KeyboardEvent} e */
export function barKey(e) {
  if (e.repeat || e.altKey || e.ctrlKey || e.metaKey || stale.value || !may("supervise") || /^(INPUT|TEXTAREA|SELECT|DIALOG)$/.test(/** @type {HTMLElement} */ (e.target).tagName)) return;
  const mode = modes[+e.key - 1];
  if (mode && about.value?.contact && (mode === "listen" || full())) void free().then(() => supervise(mode));
  else if (e.key === "Escape" && (line.value || asked)) {
    const contact = asked; // what is being asked for is taken back, too
    void free().then(() => stop(contact));
  } else return;
  e.preventDefault();
}

/** Who hears one now, in words: nobody must guess. */
const heard = (/** @type {any} */ l) => (!l ? t("bar.notIn") : l.mode === "follow" ? t("bar.waits") : code("bar.heard", l.mode));

/** @param {{ a: any, l: any }} p */
const About = ({ a, l }) => {
  const c = callOf(a);
  const queue = view.value.queues.find((/** @type {any} */ q) => q.id === (c?.queue ?? a.queue));
  return html`<div class="who2"><p><b>${a.name}</b> <span class="d">${a.id}</span> ${c && html`<span class="d">${t("bar.with")}</span> <b><bdi>${[c.from?.name, number(c.from?.number)].filter(Boolean).join(" ") || "—"}</bdi></b>${queue && html`<span class="m">, ${queue.name}</span>`}`}</p>
    <p class="m">${c ? dur(since(c.since)) : code("state", a.state)} · ${t("bar.noted")}${l && ` · ${code("bar.mode", l.mode)} ${dur(since(l.since))}`}</p></div>`;
};

export const Bar = () => {
  const a = about.value;
  const l = line.value;
  if (!may("supervise") || !a || (!l && !callOf(a))) return null;
  const ready = phone.state.value === "ready";
  return html`<footer class="bar" aria-label=${t("bar.title")}>
    <${About} a=${a} l=${l} />
    <span class="seg" role="group" aria-label=${t("bar.title")}>${modes.map((m, i) => html`<button key=${m} class=${"btn" + (l?.mode === m ? " on" : "")} aria-pressed=${l?.mode === m}
      disabled=${busy.value || stale.value || (!l && !ready && !me.value.agent) || !(l?.contact ?? a.contact) || (m !== "listen" && !full())} onClick=${() => supervise(m)}>${code("bar.mode", m)}<kbd>${i + 1}</kbd></button>`)}</span>
    <b class=${l && l.mode !== "listen" && l.mode !== "follow" ? "warn" : "m"} aria-live="polite">${heard(l)}</b>
    <span class="sp"></span>
    <div class="bar-ph"><${Pane} controls=${false} /></div>
    <button class=${"btn" + (l?.follow === a.id ? " on" : "")} aria-pressed=${l?.follow === a.id} disabled=${busy.value || stale.value || (!l && !ready && !me.value.agent)} onClick=${() => follow(a)}>${t("bar.follow")}</button>
    <button class="btn x" disabled=${busy.value || !l} onClick=${() => stop()}>${t("bar.stop")}<kbd>Esc</kbd></button>
  </footer>`;
};
