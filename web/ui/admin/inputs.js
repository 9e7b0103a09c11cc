// The inputs of steps and rules: each shows one value of the file and says at once what it is to be.
import { html, signal } from "../shared/lib.js";
import { t, code, lang } from "../shared/text.js";
import { api } from "../shared/api.js";
import { refs } from "./fields.js";
import { pad } from "./steps.js";
import { inForce } from "./file.js";
import { Condition } from "./condition.js";

/**
 * @typedef {{ key: string, type?: string, of?: string, choices?: string[], wide?: boolean, usual?: string, empty?: boolean, column?: boolean }} Field
 * @typedef {{ f: Field, value: any, set: (v: any) => void, file: any, id: string }} P
 */

/** Prompts by name. @type {import("../shared/lib.js").Signal<any[]>} */
export const prompts = signal([]);
let asked = false;

/** Reads which prompts there are, once. */
export function readPrompts() {
  if (asked) return;
  asked = true;
  api("/prompts").then((all) => (prompts.value = all), () => (asked = false));
}

/** @type {HTMLAudioElement | undefined} */
let sound;
const playing = signal("");

/** Plays a prompt as callers hear it, or stops. @param {string} name */
export function listen(name) {
  sound?.pause();
  if (playing.value === name) return void (playing.value = "");
  const of = (/** @type {string} */ l) => prompts.value.some((p) => p.name === name && (p.language === l || !p.language));
  const tongue = of(lang.value) || !of("zh-CN") ? lang.value : "zh-CN";
  sound = new Audio(`/api/v1/prompts/${tongue}/${encodeURIComponent(name)}`);
  playing.value = name;
  sound.onended = sound.onerror = () => (playing.value = "");
  sound.play().catch(() => (playing.value = ""));
}

/** @param {P} p */
const Prompt = ({ f, value, set, id }) => {
  readPrompts();
  const name = value ?? f.usual ?? "";
  const known = !prompts.value.length || prompts.value.some((p) => p.name === name);
  return html`<span class="with"><input id=${id} list="prompts" value=${value ?? ""} placeholder=${f.usual ?? ""} autocomplete="off" spellcheck=${false} onInput=${(/** @type {any} */ e) => set(e.currentTarget.value.trim() || undefined)} />
    <button type="button" class="btn" disabled=${!name || !known} onClick=${() => listen(name)}>${playing.value === name && name ? t("flow.stop") : t("flow.listen")}</button></span>
    ${name && !known && html`<span class="hint">${t("flow.noPrompt")} <a class="link" href="#prompts">${t("admin.prompts")}</a></span>`}`;
};

/** One or more of what there is. @param {P} p */
const Refs = ({ f, value, set, file, id }) => {
  const all = f.choices ? f.choices.map((c) => [c, code("counted", c)]) : refs(f.of ?? "", file);
  const has = (Array.isArray(value) ? value : value === undefined ? [] : [value]).map(String);
  const change = (/** @type {string[]} */ list) => set(list.length ? list : undefined);
  const left = all.filter(([k]) => !has.includes(k));
  return html`<span class="chips">${has.map(
    (k) => html`<button type="button" class="btn chip" key=${k} title=${t("flow.takeAway", { name: k })} onClick=${() => change(has.filter((x) => x !== k))}>${all.find(([x]) => x === k)?.[1] ?? k} <span aria-hidden="true">×</span></button>`,
  )}<select id=${id} value="" disabled=${!left.length} onChange=${(/** @type {any} */ e) => e.currentTarget.value && (change([...has, e.currentTarget.value]), (e.currentTarget.value = ""))}>
    <option value="">${t("flow.add")}</option>${left.map(([k, name]) => html`<option key=${k} value=${k}>${name}</option>`)}</select></span>`;
};

/** Names with values, a row each. @param {P} p */
const Pairs = ({ f, value, set, id }) => {
  const rows = Object.entries(value ?? {});
  const score = f.of === "score";
  const mean = (/** @type {string} */ v) => (score && /^\d+$/.test(v) ? Number(v) : v);
  const put = (/** @type {[string, any][]} */ list) => set(list.length ? Object.fromEntries(list) : undefined);
  const free = score ? pad.find((k) => !rows.some(([n]) => n === k)) ?? "" : "";
  return html`<span class="pairs">${rows.map(
    ([name, v], i) => html`<span class="pair" key=${i}>
      <input id=${i === 0 ? id : undefined} aria-label=${score ? t("flow.keyOf") : t("flow.nameOf")} value=${name} spellcheck=${false} onChange=${(/** @type {any} */ e) => put(rows.map((r, k) => (k === i ? [e.currentTarget.value.trim(), v] : r)))} />
      <span aria-hidden="true">=</span>
      <input aria-label=${score ? t("flow.scoreOf") : t("flow.valueOf")} value=${String(v ?? "")} spellcheck=${false} onInput=${(/** @type {any} */ e) => put(rows.map((r, k) => (k === i ? [name, mean(e.currentTarget.value)] : r)))} />
      <button type="button" class="btn q" aria-label=${t("flow.takeAway", { name })} onClick=${() => put(rows.filter((_, k) => k !== i))}>×</button></span>`,
  )}<button type="button" class="btn q" id=${rows.length ? undefined : id} onClick=${() => put([...rows, score ? [free, 1] : [fresh(rows), ""]])}>+ ${t("flow.add")}</button></span>`;
};

/** A name that is not taken. @param {[string, any][]} rows */
const fresh = (rows) => ["name", ...rows.map((_, i) => "name" + (i + 2))].find((n) => !rows.some(([k]) => k === n)) ?? "name";

/** What is spoken, and which value. @param {P} p */
const Said = ({ value, set, id }) => {
  const what = Object.keys(value ?? {})[0] ?? "digits";
  const text = value?.[what] ?? "";
  return html`<span class="with"><select aria-label=${t("flow.sayAs")} value=${what} onChange=${(/** @type {any} */ e) => set({ [e.currentTarget.value]: text })}>${["number", "digits", "date", "time", "money", "duration"].map((k) => html`<option value=${k} selected=${k === what}>${code("said", k)}</option>`)}</select>
    <input id=${id} value=${text} spellcheck=${false} onInput=${(/** @type {any} */ e) => set({ [what]: e.currentTarget.value })} /></span>`;
};

/** The keys of a menu as they lie on a telephone; one that is pressed leads somewhere. @param {P} p */
const Keypad = ({ value, set }) => html`<span class="pad" role="group" aria-label=${t("flow.keypad")}>${pad.map((k) => {
  const on = value?.[k] !== undefined;
  const turn = () => {
    const next = { ...(value ?? {}) };
    if (on) delete next[k];
    else next[k] = { queue: String(inForce.value.file.queues?.[0]?.id ?? "") };
    set(next);
  };
  return html`<button type="button" key=${k} class=${"btn" + (on ? " on" : "")} aria-pressed=${on} onClick=${turn}>${k}</button>`;
})}</span>`;

/** @param {P} p */
const Choice = ({ f, value, set, id, file }) => {
  /** @type {string[][]} */
  let all = (f.choices ?? []).map((c) => [c, code("choice", c)]);
  if (f.type === "bool") all = ["true", "false"].map((c) => [c, code("yes", c)]);
  if (f.type === "ref") all = refs(f.of ?? "", file);
  if (f.type === "owner") all = [...refs("teams", file), ...refs("agents", file)];
  const now = value === undefined || value === null ? "" : String(value);
  if (now && !all.some(([k]) => k === now)) all = [[now, now], ...all];
  const mean = (/** @type {string} */ v) => (v === "" ? undefined : f.type === "bool" ? v === "true" : v);
  return html`<select id=${id} value=${now} onChange=${(/** @type {any} */ e) => set(mean(e.currentTarget.value))}>
    <option value="">${f.usual ? t("admin.defaultIs", { value: all.find(([k]) => k === f.usual)?.[1] ?? f.usual }) : f.type === "ref" || f.type === "owner" ? t("flow.none") : t("admin.byDefault")}</option>${all.map(([k, name]) => html`<option key=${k} value=${k} selected=${k === now}>${name}</option>`)}</select>`;
};

/** Whether a caller may give another number. @param {P} p */
const Offered = ({ value, set, id }) => html`<span><input type="checkbox" id=${id} checked=${value !== undefined} onChange=${(/** @type {any} */ e) => set(e.currentTarget.checked ? {} : undefined)} /> ${t("flow.offered")}</span>`;

/** @param {P} p */
const Plain = ({ f, value, set, id }) => {
  const mean = (/** @type {string} */ s) => {
    if (s.trim() === "" && !f.empty) return undefined;
    return (f.type === "number" || f.type === "fraction") && Number.isFinite(Number(s)) ? Number(s) : s;
  };
  return html`<input id=${id} value=${value === undefined ? "" : String(value)} placeholder=${f.usual ?? ""} inputmode=${f.type === "number" ? "numeric" : undefined} autocomplete="off" spellcheck=${false} onInput=${(/** @type {any} */ e) => set(mean(e.currentTarget.value))} />`;
};

/** Words with commas between them. @param {P} p */
const List = ({ value, set, id }) => html`<input id=${id} value=${(value ?? []).join(", ")} autocomplete="off" spellcheck=${false} onChange=${(/** @type {any} */ e) => {
  const all = e.currentTarget.value.split(/[,;\s\uff0c\uff1b\u3001]+/).filter(Boolean);
  set(all.length ? all : undefined);
}} />`;

/** @type {Record<string, (p: P) => any>} */
const kinds = { list: List, prompt: Prompt, refs: Refs, map: Pairs, said: Said, keypad: Keypad, choice: Choice, bool: Choice, ref: Choice, owner: Choice, offered: Offered, condition: Condition };

/** A field with its name and what it means. @param {P & { of: string }} p */
export const Input = (p) => {
  const name = code("field", p.of) === p.of ? code("field", p.f.key || "value") : code("field", p.of);
  const Kind = kinds[p.f.type ?? ""] ?? Plain;
  const body = html`<${Kind} ...${p} />`;
  if (p.f.type === "keypad") return html`<div class="inp wide"><span>${name}</span>${body}</div>`;
  return html`<div class=${"inp" + (p.f.wide ? " wide" : "")}><label for=${p.id}>${name}</label>${body}</div>`;
};
