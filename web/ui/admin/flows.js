// The dialogues and the queues' rules as trees of steps: which there are, the one in sight, and its text as it would stand in the file.
import { html, signal, computed, effect } from "../shared/lib.js";
import { t } from "../shared/text.js";
import { inForce, proposal, busy, said } from "./file.js";
import { refs } from "./fields.js";
import { walk, kindOf, bodyOf } from "./steps.js";
import { doc, chosen, root, drafts, dialogues, change, undo, canGo, forget, look, faults, edits } from "./flowdraft.js";
import { Tree, adding, focusRow } from "./flowtree.js";
import { Beside } from "./stepform.js";
import { Diff } from "./source.js";
import { readPrompts } from "./inputs.js";

const tab = signal("form");
const naming = signal(/** @type {string | null} */ (null));

/** Who leads to a dialogue: numbers, other dialogues, surveys. @param {string} name */
function usesOf(name) {
  const f = inForce.value.file;
  const numbers = Object.entries(f.numbers ?? {}).filter(([, flow]) => flow === name).map(([n]) => n);
  const others = Object.entries(dialogues()).filter(([other, steps]) => {
    let found = false;
    if (other !== name) walk(steps, (s) => (found ||= kindOf(s) === "flow" && bodyOf(s) === name));
    return found;
  }).map(([n]) => n);
  const surveys = (f.queues ?? []).filter((/** @type {any} */ q) => q.survey?.flow === name).map((/** @type {any} */ q) => q.name ?? q.id);
  return { numbers, others, surveys };
}

/** The lines of a document in a file, with the number of the first. @param {string} source @param {string} id */
export function excerpt(source, id) {
  const [part, name] = [id.slice(0, id.indexOf("/")), id.slice(id.indexOf("/") + 1)];
  const lines = source.split("\n");
  const quoted = name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const top = lines.findIndex((l) => new RegExp(`^${part}:`).test(l));
  const head = part === "flows" ? new RegExp(`^(\\s+)["']?${quoted}["']?:`) : new RegExp(`^(\\s*)- (?:\\{\\s*)?id: ["']?${quoted}["']?(?:[\\s,#}]|$)`);
  const from = top < 0 ? -1 : lines.findIndex((l, i) => i > top && head.test(l));
  if (from < 0) return { from: 0, lines: [] };
  const indent = lines[from].match(/^\s*/)?.[0].length ?? 0;
  let to = from + 1;
  while (to < lines.length && (lines[to].trim() === "" || (lines[to].match(/^\s*/)?.[0].length ?? 0) > indent)) to++;
  while (to > from + 1 && /^\s*(#.*)?$/.test(lines[to - 1])) to--;
  return { from: from + 1, lines: lines.slice(from, to) };
}

const source = computed(() => (proposal.value?.from === "flows" && proposal.value.answer.source) || inForce.value.source);

/** Opens a document. @param {string} id */
const open = (id) => (location.hash = "flows/" + id);

effect(() => {
  // another document: nothing of it is chosen yet
  if (doc.value) adding.value = null;
});

/** The document that the address names, or the first. */
export function follow() {
  const asked = decodeURIComponent(location.hash.replace(/^#flows\/?/, ""));
  const first = Object.values(inForce.value.file.numbers ?? {})[0] ?? Object.keys(dialogues())[0];
  const next = location.hash.startsWith("#flows/") && asked ? asked : doc.value || (first ? "flows/" + first : "");
  if (next === doc.value) return;
  doc.value = next;
  chosen.value = [];
}
addEventListener("hashchange", () => location.hash.startsWith("#flows") && follow());
addEventListener("beforeunload", (e) => edits().length && e.preventDefault());

/** A name that is taken or cannot be one. @param {string} name */
const wrongName = (name) => !/^\w[\w.-]{0,63}$/.test(name) || name in dialogues();

/** @param {any} like */
function create(like) {
  const name = (naming.value ?? "").trim();
  if (wrongName(name)) return;
  naming.value = null;
  change("flows/" + name, like ?? [{ answer: {} }, { play: "welcome" }, { hangup: {} }]);
  open("flows/" + name);
}

const Documents = () => {
  const flows = dialogues();
  const gone = Object.keys(drafts.value).filter((id) => drafts.value[id] === null);
  const item = (/** @type {string} */ id, /** @type {any} */ words, /** @type {any} */ more) => html`<li key=${id}><a href=${"#flows/" + id} class=${doc.value === id ? "here" : ""} aria-current=${doc.value === id ? "true" : undefined}>
    <span class="cut">${words}</span>${id in drafts.value ? html`<span class="mark" title=${t("flow.changed")}>●<span class="off">${t("flow.changed")}</span></span>` : ""}${more && html`<span class="d">${more}</span>`}</a></li>`;
  return html`<nav class="docs" aria-label=${t("admin.flowForms")}>
    <h2>${t("admin.flows")}<span class="sp"></span><button type="button" class="btn q" onClick=${() => (naming.value = "")}>+ ${t("admin.new")}</button></h2>
    ${naming.value !== null && html`<form class="naming" onSubmit=${(/** @type {Event} */ e) => (e.preventDefault(), create(undefined))} onKeyDown=${(/** @type {KeyboardEvent} */ e) => e.key === "Escape" && (naming.value = null)}>
      <label>${t("flow.name")}<input value=${naming.value} maxlength="64" spellcheck=${false} autocomplete="off" ref=${(/** @type {HTMLElement | null} */ el) => el && el !== document.activeElement && !naming.value && el.focus()} onInput=${(/** @type {any} */ e) => (naming.value = e.currentTarget.value)} /></label>
      <p class="acts"><button class="btn" disabled=${wrongName((naming.value ?? "").trim())}>${t("flow.empty")}</button>
        ${doc.value.startsWith("flows/") && root.value && html`<button type="button" class="btn" disabled=${wrongName((naming.value ?? "").trim())} onClick=${() => create(root.value)}>${t("flow.copyOf", { name: doc.value.slice(6) })}</button>`}</p></form>`}
    <ul>${Object.keys(flows).map((name) => item("flows/" + name, name, usesOf(name).numbers.join(" ")))}
      ${gone.map((id) => html`<li key=${id} class="gone"><del>${id.slice(6)}</del></li>`)}</ul>
    <h2>${t("flow.rules")}</h2>
    <ul>${refs("queues", inForce.value.file).map(([id, name]) => item("queues/" + id, name, ""))}</ul>
  </nav>`;
};

const Yaml = () => {
  const { from, lines } = excerpt(source.value, doc.value);
  const bad = new Set(faults.value.map((/** @type {any} */ f) => f.line));
  return html`<ol class="diff yaml" tabindex="0" aria-label="YAML">${lines.map((l, i) => html`<li key=${i} class=${bad.has(from + i) ? "bad" : ""}><span class="no">${from + i}</span>${l}</li>`)}</ol>
    <p class="d">${t("flow.yamlHint")} <a class="link" href="#text">${t("admin.text")}</a></p>`;
};

const tabs = /** @type {const} */ (["form", "yaml", "diff"]);

/** @param {KeyboardEvent} e */
function along(e) {
  const by = e.key === "ArrowRight" ? 1 : e.key === "ArrowLeft" ? -1 : 0;
  if (!by) return;
  e.preventDefault();
  tab.value = tabs[(tabs.indexOf(/** @type {any} */ (tab.value)) + by + 3) % 3];
  requestAnimationFrame(() => /** @type {HTMLElement | null} */ (document.querySelector(".side [role=tab][aria-selected=true]"))?.focus());
}

const Side = () => html`<aside class="side" aria-label=${t("flow.beside")}>
  <div class="seg" role="tablist" aria-label=${t("flow.beside")} onKeyDown=${along}>${tabs.map(
    (k) => html`<button type="button" role="tab" key=${k} id=${"tab-" + k} aria-controls="beside" aria-selected=${tab.value === k} tabindex=${tab.value === k ? 0 : -1} class=${"btn" + (tab.value === k ? " on" : "")} onClick=${() => (tab.value = k)}>${k === "form" ? t("flow.tabForm") : k === "yaml" ? "YAML" : t("flow.tabDiff")}</button>`,
  )}</div>
  <div id="beside" role="tabpanel" aria-labelledby=${"tab-" + tab.value}>${tab.value === "form" || adding.value ? html`<${Beside} />` : tab.value === "yaml" ? html`<${Yaml} />` : html`<${Diff} a=${inForce.value.source} b=${source.value} />`}</div>
</aside>`;

const Uses = () => {
  const u = usesOf(doc.value.slice(6));
  const none = !u.numbers.length && !u.others.length && !u.surveys.length;
  return html`<p class="uses">${u.numbers.length > 0 && html`<span>${t("flow.calledBy")} <b>${u.numbers.join(", ")}</b></span>`}
    ${u.others.length > 0 && html`<span>${t("flow.from")} ${u.others.map((n) => html`<a class="link" key=${n} href=${"#flows/flows/" + n}>${n}</a> `)}</span>`}
    ${u.surveys.length > 0 && html`<span>${t("flow.surveyOf")} ${u.surveys.join(", ")}</span>`}
    ${none && html`<span class="warn">${t("flow.unused")}</span>`}</p>`;
};

export const Flows = () => {
  readPrompts();
  if (!doc.value) follow();
  if (!proposal.value && !busy.value && !said.value.bad && edits().length) queueMicrotask(look); // come back to
  const isFlow = doc.value.startsWith("flows/");
  const name = isFlow ? doc.value.slice(6) : refs("queues", inForce.value.file).find(([id]) => "queues/" + id === doc.value)?.[1] ?? "";
  const u = isFlow ? usesOf(name) : { numbers: [], others: [], surveys: [] };
  const used = u.numbers.length + u.others.length + u.surveys.length > 0;
  const changed = Object.keys(drafts.value).length > 0;
  return html`<div class="flows">
    <${Documents} />
    <section class="canvas" aria-labelledby="flow-name">
      <h2><span id="flow-name" class="title">${isFlow ? name : t("flow.rulesFor", { name })}</span><span class="sp"></span>
        <button type="button" class="btn q" disabled=${!canGo.value.back} onClick=${() => (undo(false), focusRow())}>${t("flow.undo")} <kbd>Ctrl Z</kbd></button>
        <button type="button" class="btn q" disabled=${!canGo.value.forth} onClick=${() => (undo(true), focusRow())}>${t("flow.redo")}</button>
        ${isFlow && root.value && html`<button type="button" class="btn q" disabled=${used} title=${used ? t("flow.inUse") : undefined} onClick=${() => change(doc.value, null)}>${t("flow.remove")}</button>`}
        <button type="button" class="btn q" disabled=${!changed} onClick=${forget}>${t("flow.forget")}</button>
        <button type="button" class="btn" disabled=${!changed || busy.value} onClick=${look}>${t("admin.check")}</button></h2>
      ${isFlow && root.value && html`<${Uses} />`}
      ${root.value === undefined || root.value === null ? html`<p class="m none">${t("flow.gone")}</p>` : html`<${Tree} label=${name} />`}
      <p class="d keys">${t("flow.keys")}</p>
    </section>
    <${Side} />
  </div>`;
};
