// What a lead asks the engine for: one thing at a time, and why it was refused.
import { html, signal } from "../shared/lib.js";
import { t } from "../shared/text.js";
import { api, Problem } from "../shared/api.js";
import { turns } from "../shared/turns.js";

/** Why the last act was refused. */
export const problem = signal("");
/** An act is under way. */
export const busy = signal(false);
/** Ends when no act is under way. */
export const free = turns(busy);

/** @param {string} path @param {{ method?: string, body?: object, once?: boolean }} o */
export async function act(path, o) {
  if (busy.value) return false;
  busy.value = true;
  problem.value = "";
  try {
    await api(path, o);
    return true;
  } catch (e) {
    problem.value = (e instanceof Problem && e.message) || t("error.unreachable");
    return false;
  } finally {
    busy.value = false;
  }
}

const AGAIN = 3000;
/** What takes a second press, and was pressed once. */
const armed = signal("");
let timer = 0;

/**
 * A button whose act cannot be taken back: it takes a second press. Escape, or going elsewhere, takes the first one back.
 * @param {{ id: string, word: string, again: string, go: () => void, kind?: string }} p
 */
export const Twice = ({ id, word, again, go, kind }) => {
  const sure = armed.value === id;
  const press = () => {
    clearTimeout(timer);
    armed.value = sure ? "" : id;
    if (sure) return go();
    timer = setTimeout(() => (armed.value = ""), AGAIN);
  };
  const never = () => sure && (clearTimeout(timer), (armed.value = ""));
  const escape = (/** @type {KeyboardEvent} */ e) => e.key === "Escape" && sure && (e.stopPropagation(), never());
  return html`<button class=${"btn " + (sure ? "x sure" : kind ?? "x")} disabled=${busy.value} onClick=${press} onKeyDown=${escape} onBlur=${never}>${sure ? again : word}</button>`;
};
