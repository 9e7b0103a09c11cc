// A condition of a dialogue: attribute, comparison and value where it is that simple, else as it is written.
import { html, signal } from "../shared/lib.js";
import { t, code } from "../shared/text.js";
import { walk, kindOf, bodyOf } from "./steps.js";

/** Comparisons by name. @type {[string, string][]} */
const operators = [["set", "set"], ["=", "is"], ["!=", "not"], ["in", "in"], [">", "over"], [">=", "least"], ["<", "under"], ["<=", "most"]];
/** Whether the text is shown although it is simple. */
const written = signal(false);

/**
 * A condition taken apart; undefined where it is more than one comparison.
 * @param {string} text @returns {{ attr: string, how: string, value: string } | undefined}
 */
export function apart(text) {
  const name = /^\s*([\p{L}_][\p{L}\p{N}_.-]*)\s*/u.exec(text);
  if (!name || ["not", "and", "or", "in"].includes(name[1])) return text.trim() ? undefined : { attr: "", how: "set", value: "" };
  const rest = text.slice(name[0].length);
  if (!rest) return { attr: name[1], how: "set", value: "" };
  const list = /^in\s*\(([^()"]*)\)\s*$/.exec(rest);
  if (list) return { attr: name[1], how: "in", value: list[1].trim() };
  const one = /^(!=|<=|>=|=|<|>)\s*("[^"\\]*"|[\p{L}\p{N}_.+-]+)\s*$/u.exec(rest);
  return one ? { attr: name[1], how: one[1], value: one[2].replace(/^"|"$/g, "") } : undefined;
}

/** @param {{ attr: string, how: string, value: string }} c */
export function together({ attr, how, value }) {
  if (how === "set") return attr;
  if (how === "in") return `${attr} in (${value})`;
  const plain = /^[\p{L}\p{N}_.+-]+$/u.test(value) && !["and", "or", "not", "in"].includes(value);
  return `${attr} ${how} ${plain ? value : `"${value.replace(/["\\]/g, "")}"`}`;
}

/** Attributes that a dialogue may ask for: the engine's own, and those that steps and tables set. @param {any} file @param {any[]} dialogues */
export function attributes(file, dialogues) {
  const all = new Set(["caller", "called", "name", "trunk", "language", "anonymous", "diverted_from"]);
  for (const steps of dialogues) {
    walk(steps, (step) => {
      const body = bodyOf(step);
      if (kindOf(step) === "set") Object.keys(body.attrs ?? {}).forEach((k) => all.add(k));
      if (kindOf(step) === "lookup") Object.keys(body.save ?? {}).forEach((k) => all.add(k));
      if (kindOf(step) === "collect" && body.save) all.add(body.save);
    });
  }
  for (const table of file.tables ?? []) for (const e of (table.entries ?? []).slice(0, 1000)) Object.keys(e.attrs ?? {}).forEach((k) => all.add(k));
  return [...all].sort();
}

/** @param {{ value: any, set: (v: any) => void, id: string }} p */
export const Condition = ({ value, set, id }) => {
  const text = String(value ?? "");
  const c = apart(text);
  const free = !c || written.value;
  if (free) {
    return html`<input id=${id} value=${text} spellcheck=${false} autocomplete="off" onInput=${(/** @type {any} */ e) => set(e.currentTarget.value || undefined)} />
      ${c && html`<button type="button" class="btn q" onClick=${() => (written.value = false)}>${t("flow.asForm")}</button>`}`;
  }
  const change = (/** @type {any} */ part) => set(together({ ...c, ...part }) || undefined);
  return html`<span class="cond">
      <input id=${id} list="attributes" value=${c.attr} spellcheck=${false} autocomplete="off" onInput=${(/** @type {any} */ e) => change({ attr: e.currentTarget.value.trim() })} />
      <select aria-label=${t("flow.compare")} value=${c.how} onChange=${(/** @type {any} */ e) => change({ how: e.currentTarget.value })}>${operators.map(([o, name]) => html`<option key=${o} value=${o} selected=${o === c.how}>${code("compare", name)}</option>`)}</select>
      ${c.how !== "set" && html`<input aria-label=${t("flow.valueOf")} value=${c.value} spellcheck=${false} onInput=${(/** @type {any} */ e) => change({ value: e.currentTarget.value })} />`}
    </span><button type="button" class="btn q" onClick=${() => (written.value = true)}>${t("flow.asText")}</button>`;
};
