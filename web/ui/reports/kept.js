// What is kept of reports, changed: how that went, and the button that takes something away.
import { html, signal, effect } from "../shared/lib.js";
import { t } from "../shared/text.js";
import { api, Problem } from "../shared/api.js";
import { reload } from "./source.js";

/** Why the last thing asked for was refused; by the part it was asked in. */
const refused = signal(/** @type {Record<string, string>} */ ({}));

/** @param {string} part @param {string} path @param {{ method?: string, body?: any }} [o] */
export async function act(part, path, o = {}) {
  try {
    await api(path, { method: "POST", ...o });
    refused.value = { ...refused.value, [part]: "" };
    reload();
    return true;
  } catch (e) {
    refused.value = { ...refused.value, [part]: t("saved.refused", { detail: e instanceof Problem ? e.message : "" }) };
    return false;
  }
}

/** @param {{ part: string }} p */
export const Refused = ({ part }) => (refused.value[part] ? html`<p class="late crit" role="alert">${refused.value[part]}</p>` : "");

/** What a form holds, by the names of its fields. @param {any} e */
export function fields(e) {
  e.preventDefault();
  return new FormData(e.target);
}

const AGAIN = 3000;
/** What goes at the next click. */
const armed = signal("");

effect(() => {
  if (!armed.value) return;
  const timer = setTimeout(() => (armed.value = ""), AGAIN);
  return () => clearTimeout(timer);
});

/** Takes something away at the second click. @param {{ part: string, path: string, name: string }} p */
export const Remove = ({ part, path, name }) => {
  const on = armed.value === path;
  const click = () => {
    armed.value = on ? "" : path;
    if (on) act(part, path, { method: "DELETE" });
  };
  return html`<button type="button" class=${on ? "btn x" : "btn q"} aria-label=${`${on ? t("admin.removeAgain") : t("saved.forget")} ${name}`} onClick=${click}>${on ? t("admin.removeAgain") : t("saved.forget")}</button>`;
};
