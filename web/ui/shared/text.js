// The language of the page and its words.
import { signal, computed } from "./lib.js";
import zh from "../text/zh-CN.js";
import en from "../text/en-US.js";

/** @typedef {keyof typeof zh} Key */

/** @type {Record<string, Record<string, string>>} */
const texts = { "zh-CN": zh, "en-US": en };

/** What the person chose: in the address, or before. */
function chosen() {
  const asked = new URLSearchParams(location.search).get("lang") ?? "";
  const found = Object.keys(texts).find((l) => l === asked || l.slice(0, 2) === asked);
  if (found) localStorage.setItem("lang", found);
  return found ?? localStorage.getItem("lang") ?? "";
}

export const lang = signal(chosen() || (navigator.language.startsWith("zh") ? "zh-CN" : "en-US"));
document.documentElement.lang = lang.value;

/** Takes the centre's language unless the person chose one. @param {string} l */
export function suggestLang(l) {
  if (!localStorage.getItem("lang") && texts[l]) setLang(l, false);
}

/** @param {string} l @param {boolean} keep */
export function setLang(l, keep = true) {
  if (keep) localStorage.setItem("lang", l);
  lang.value = l;
  document.documentElement.lang = l;
}

const words = computed(() => texts[lang.value] ?? zh);

/**
 * The words of a key; {name} is replaced.
 * @param {Key} key @param {Record<string, string | number>} [with_]
 */
export function t(key, with_) {
  const text = words.value[key] ?? key;
  return with_ ? text.replace(/\{(\w+)\}/g, (/** @type {string} */ _, /** @type {string} */ n) => String(with_[n] ?? "")) : text;
}

/**
 * The words of a code from the API (a state, an outcome), or the code itself when it is new.
 * @param {string} kind @param {string | undefined} code
 */
export function code(kind, code) {
  if (!code) return "";
  return words.value[`${kind}.${code}`] ?? code;
}
