// The strip of controls under the call, with the key on each.
import { html, signal } from "../shared/lib.js";
import { t } from "../shared/text.js";
import { call, command, busy, free, off } from "./desk.js";
import { twice, armed } from "./twice.js";
import { Target } from "./target.js";

/** What stands open under the strip: "", a verb that needs a target, or "keys". */
export const open = signal("");

/** @param {string} verb */
export const may = (verb) => !!call.value?.can?.includes(verb);

/** @param {string} verb */
const toggle = (verb) => (open.value = open.value === verb ? "" : verb);

/**
 * The controls as the call stands. `verb` is what the engine must allow.
 * @returns {{ key: string, verb: string, word: string, go: () => void, on?: boolean, again?: string, bad?: boolean }[]}
 */
function strip() {
  const k = call.value;
  const between = k?.state === "consulting";
  const held = !between && may("unhold");
  return [
    between
      ? { key: "S", verb: "swap", word: t("call.swap"), go: () => command("swap") }
      : held
        ? { key: "H", verb: "unhold", word: t("call.unhold"), go: () => command("unhold"), on: true }
        : { key: "H", verb: "hold", word: t("call.hold"), go: () => command("hold") },
    k?.muted ? { key: "M", verb: "unmute", word: t("call.unmute"), go: () => command("unmute"), on: true } : { key: "M", verb: "mute", word: t("call.mute"), go: () => command("mute") },
    between
      ? { key: "X", verb: "drop", word: t("call.dropConsult"), go: () => command("drop") }
      : { key: "C", verb: "consult", word: t("call.consult"), go: () => toggle("consult") },
    between
      ? { key: "T", verb: "complete", word: t("call.complete"), go: () => command("complete") }
      : { key: "T", verb: "transfer", word: t("call.transfer"), go: () => toggle("transfer") },
    { key: "F", verb: "conference", word: t("call.conference"), go: () => (between ? command("conference") : toggle("conference")) },
    { key: "K", verb: "keys", word: t("call.keys"), go: () => toggle("keys") },
    { key: "Esc Esc", verb: "hangup", word: t("call.hangup"), go: () => twice("hangup", () => command("hangup")), again: t("call.hangupAgain"), bad: true },
  ];
}

/** What a key stands for now. @param {string} key */
const control = (key) => strip().find((x) => x.key.split(" ")[0].toUpperCase() === key.toUpperCase());

/**
 * Does what a key stands for; false: it stands for nothing now. While something is under way the key waits for its answer: what it
 * stands for may be another thing then.
 * @param {string} key @returns {boolean}
 */
export function pressed(key) {
  const c = control(key);
  if (c && busy.value) {
    free().then(() => pressed(key));
    return true;
  }
  if (!c || off.value || !may(c.verb)) return false;
  c.go();
  return true;
}

export const Controls = () => html`<div class="ctl" role="group" aria-label=${t("call.controls")}>
    ${strip().map((c) => {
      const sure = c.again && armed.value === "hangup";
      return html`<button
        key=${c.verb}
        type="button"
        class=${`${c.bad ? "bad" : ""} ${sure ? "sure" : ""} ${open.value === c.verb ? "open" : ""}`}
        aria-pressed=${c.on || undefined}
        aria-expanded=${["consult", "transfer", "conference", "keys"].includes(c.verb) && c.verb !== "" ? open.value === c.verb : undefined}
        disabled=${off.value || !may(c.verb)}
        onClick=${c.go}
      >
        <span class="w">${sure ? c.again : c.word}</span><kbd>${c.key}</kbd>
      </button>`;
    })}
  </div>
  ${open.value && html`<${Target} verb=${open.value} close=${() => (open.value = "")} />`}`;
