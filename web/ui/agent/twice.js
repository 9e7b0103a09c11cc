// What cannot be taken back takes a second press within three seconds.
import { html, signal, Glyph } from "../shared/lib.js";
import { off } from "./desk.js";

const AGAIN = 3000;
/** What was pressed once. */
export const armed = signal("");
let timer = 0;

/** The first press arms, the second one does it. @param {string} id @param {() => void} go */
export function twice(id, go) {
  clearTimeout(timer);
  if (armed.value === id) {
    armed.value = "";
    return go();
  }
  armed.value = id;
  timer = setTimeout(() => (armed.value = ""), AGAIN);
}

/** One press only: what was armed is not. */
export function disarm() {
  clearTimeout(timer);
  armed.value = "";
}

/**
 * A button; with `again` it takes a second press and says so.
 * @param {{ go: () => void, word: string, hot?: string, again?: string, id?: string, kind?: string, pressed?: boolean, disabled?: boolean, why?: string }} p
 */
export const Act = ({ go, word, hot, again, id, kind = "", pressed, disabled, why }) => {
  const sure = !!again && armed.value === (id ?? word);
  return html`<button
    type="button"
    class=${`btn ${kind} ${sure ? "x" : ""} ${pressed ? "on" : ""}`}
    aria-pressed=${pressed}
    disabled=${disabled || off.value}
    title=${disabled ? why : undefined}
    onClick=${() => (again ? twice(id ?? word, go) : go())}
  >
    ${pressed && html`<${Glyph} name="ok" />`}<span class="w">${sure ? again : word}</span>${hot && html`<kbd>${hot}</kbd>`}
  </button>`;
};
