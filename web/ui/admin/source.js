// The file as text: faults stand at their lines, the difference below, and a list of places to go to.
import { html, signal, computed, effect } from "../shared/lib.js";
import { t } from "../shared/text.js";
import { inForce, proposal, proposeText, busy, drop } from "./file.js";
import { diff, hunks } from "./diff.js";

/** What is being written; empty text of another base: the file in force. */
const draft = signal({ base: "", text: "" });
const REST = 700; // after the last key the text is looked at

const text = computed(() => (draft.value.base === inForce.value.sha256 ? draft.value.text : inForce.value.source));
const faulty = computed(() => new Set((proposal.value?.from === "text" ? proposal.value.answer.faults : []).map((/** @type {any} */ f) => f.line)));
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

/** @param {string} next */
function write(next) {
  draft.value = { base: inForce.value.sha256, text: next };
  clearTimeout(timer);
  timer = setTimeout(() => proposeText(text.value), REST);
}

function look() {
  clearTimeout(timer);
  proposeText(text.value);
}

/** Takes over what came in force meanwhile. */
effect(() => {
  const base = inForce.value.sha256;
  if (draft.peek().base && draft.peek().base !== base) draft.value = { base: "", text: "" };
});

/** Puts the cursor on a line and the line in sight. @param {number} line */
export function go(line) {
  const area = /** @type {HTMLTextAreaElement | null} */ (document.querySelector("#source"));
  if (!area) return;
  const lines = area.value.split("\n");
  const from = lines.slice(0, line - 1).reduce((n, l) => n + l.length + 1, 0);
  area.focus();
  area.setSelectionRange(from, from + (lines[line - 1]?.length ?? 0));
  area.scrollTop = Math.max(0, (line - 6) * 18);
}

/** Where parts and flows begin. @param {string} source */
function places(source) {
  /** @type {{ line: number, name: string }[]} */
  const all = [];
  let inFlows = false;
  source.split("\n").forEach((l, i) => {
    const part = l.match(/^([a-z_]+):/);
    const flow = inFlows && l.match(/^ {1,8}([A-Za-z0-9_.-]+):/);
    if (part) {
      inFlows = part[1] === "flows";
      all.push({ line: i + 1, name: part[1] });
    } else if (flow) all.push({ line: i + 1, name: "flows." + flow[1] });
  });
  return all;
}

/** @param {KeyboardEvent} e */
function key(e) {
  const area = /** @type {HTMLTextAreaElement} */ (e.currentTarget);
  if (e.key === "Enter" && (e.ctrlKey || e.metaKey)) {
    e.preventDefault();
    look();
  } else if (e.key === "Enter" && !e.isComposing) {
    const line = area.value.slice(0, area.selectionStart).split("\n").pop() ?? "";
    e.preventDefault();
    area.setRangeText("\n" + (line.match(/^ */)?.[0] ?? ""), area.selectionStart, area.selectionEnd, "end");
    write(area.value);
  }
}

/** @param {{ a: string, b: string }} p */
export const Diff = ({ a, b }) => {
  const lines = hunks(diff(a, b), 2);
  if (!lines.length) return html`<p class="m none">${t("admin.sameText")}</p>`;
  return html`<ol class="diff" tabindex="0" aria-label=${t("admin.difference")}>
    ${lines.map((l) => html`<li class=${l.sign === "+" ? "plus" : l.sign === "-" ? "minus" : ""}><span class="no">${l.line || ""}</span><span class="sign">${l.sign}</span>${l.text}</li>`)}
  </ol>`;
};

export const Text = () => {
  const source = text.value;
  const lines = source.split("\n").length;
  const scroll = (/** @type {any} */ e) => (/** @type {HTMLElement} */ (e.currentTarget.previousSibling).scrollTop = e.currentTarget.scrollTop);
  return html`<div class="text">
    <h2>${t("admin.text")}
      <label class="goto">${t("admin.goTo")}<select onChange=${(/** @type {any} */ e) => go(Number(e.currentTarget.value))}>${places(source).map((p) => html`<option value=${p.line}>${p.name}</option>`)}</select></label>
      <span class="sp"></span>
      <button class="btn q" onClick=${() => ((draft.value = { base: "", text: "" }), drop())} disabled=${source === inForce.value.source}>${t("admin.revert")}</button>
      <button class="btn" onClick=${look} disabled=${busy.value}>${t("admin.check")} <kbd>Ctrl ⏎</kbd></button></h2>
    <p class="d">${t("admin.textHint")}</p>
    <div class="editor">
      <pre class="gutter" aria-hidden="true">${Array.from({ length: lines }, (_, i) => html`<span class=${faulty.value.has(i + 1) ? "bad" : ""}>${i + 1}${"\n"}</span>`)}</pre>
      <textarea id="source" aria-label=${t("admin.text")} spellcheck=${false} autocapitalize="none" autocomplete="off" wrap="off" value=${source}
        aria-invalid=${faulty.value.size > 0} onInput=${(/** @type {any} */ e) => write(e.currentTarget.value)} onKeyDown=${key} onScroll=${scroll}></textarea>
    </div>
    ${source !== inForce.value.source && html`<h2>${t("admin.difference")}</h2><${Diff} a=${inForce.value.source} b=${source} />`}
  </div>`;
};
