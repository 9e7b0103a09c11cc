// A dialogue as it branches: a row for each step and for each way on from it, to be walked with arrow keys and changed in place.
import { html, signal, Glyph } from "../shared/lib.js";
import { t, code } from "../shared/text.js";
import { refs } from "./fields.js";
import { rowsOf, waysOf, kindOf, bodyOf, listOf, read, ends } from "./steps.js";
import { rules, ruleOf } from "./rules.js";
import { doc, chosen, root, file, insert, remove, shift, carry, copied, undo, faultsAt } from "./flowdraft.js";

/** @typedef {import("./steps.js").Path} Path */

/** Where a step is to be put that is being chosen. @type {import("../shared/lib.js").Signal<{ list: Path, index: number } | null>} */
export const adding = signal(null);
/** The step that is being dragged, and the row that it is over. */
const dragged = signal(/** @type {Path | null} */ (null));
const over = signal("");

/** @param {Path} a @param {Path} b */
const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

/** What a reference is called. @param {string} of @param {any} id */
const named = (of, id) => refs(of, file.value).find(([k]) => k === String(id))?.[1] ?? String(id ?? "");

/** A prompt's name; those that the engine brings have words. @param {any} name */
function promptName(name) {
  const words = code("prompt", name);
  return words.toLowerCase().replaceAll(" ", "-") === name ? String(name) : [words, words === name ? "" : name].join(" ").trim();
}

/** What a step does, in so many words. @param {any} step @returns {string} */
export function summary(step) {
  const b = bodyOf(step);
  const many = (/** @type {any[]} */ ...all) => all.filter((x) => x !== undefined && x !== "" && x !== null).join(" · ");
  switch (kindOf(step)) {
    case "play":
      return b === Object(b) ? "" : promptName(b);
    case "language":
      return code("choice", String(b));
    case "flow":
      return String(b === Object(b) ? "" : b);
    case "say":
      return Object.entries(b).map(([k, v]) => `${code("said", k)} ${v}`).join();
    case "menu":
      return many(promptName(b.prompt), t("flow.times", { n: b.tries ?? 3 }), b.timeout ?? "5s");
    case "collect":
      return many(promptName(b.prompt), b.save && `→ ${b.save}`);
    case "rate":
      return many(b.question, Object.entries(b.keys ?? {}).map(([k, v]) => `${k}=${v}`).join(" "));
    case "set":
      return many(Object.entries(b.attrs ?? {}).map(([k, v]) => `${k} = ${v}`).join(" · "), b.needs, b.priority && `${code("field", "priority")} ${b.priority > 0 ? "+" : ""}${b.priority}`);
    case "if":
      return String(b.when ?? "");
    case "hours":
      return named("hours", b.of);
    case "switch":
      return named("switches", b.of);
    case "lookup":
      return String(b.url ?? "").replace(/^https?:\/\//, "");
    case "queue":
      return many([b.id, ...listOf(b.also)].map((q) => named("queues", q)).join(" + "), b.needs, b.priority && `${b.priority > 0 ? "+" : ""}${b.priority}`);
    case "number":
      return many(b.to, b.trunk);
    case "voicemail":
      return many(b.owner && (refs("teams", file.value).find(([k]) => k === b.owner)?.[1] ?? named("agents", b.owner)), b.due);
    case "callback":
      return b.queue ? named("queues", b.queue) : "";
  }
  return "";
}

/** What a rule says of itself. @param {string} id @param {any} v */
function ruleSummary(id, v) {
  if (v === undefined) return "";
  if (Array.isArray(v)) return v.map((m) => [m.after, m.needs ?? listOf(m.queues).map((q) => named("queues", q)).join(" + ")].join(" → ")).join(" · ");
  if (typeof v !== "object") return String(v);
  const fields = ruleOf(id)?.fields ?? [];
  return fields.filter((f) => f.key && f.type !== "keypad" && v[f.key] !== undefined).map((f) => (f.of && f.type === "ref" ? named(f.of, v[f.key]) : listOf(v[f.key]).join(" "))).join(" · ");
}

/** All rows of the document in sight. @returns {any[]} */
export function rows() {
  const v = root.value;
  if (doc.value.startsWith("flows/")) return rowsOf(v, [], 0);
  /** @type {any[]} */
  const all = [];
  for (const r of rules) {
    const there = v?.[r.id];
    all.push({ type: "rule", path: [r.id], depth: 0, rule: r, list: null, index: -1, count: 0 });
    if (there === undefined) continue;
    const keys = r.id === "choice" ? Object.keys(there.keys ?? {}).map((key) => ({ path: [r.id, "keys", key], word: "key", of: "menu", key })) : [];
    const ways = (r.ways ?? []).map((w) => ({ path: [r.id, w], word: w, of: r.id, fixed: true }));
    for (const way of [...keys, ...ways]) {
      const inside = listOf(read(v, way.path));
      if (inside.length === 1 && !waysOf(inside[0], []).length) {
        all.push({ type: "step", path: [...way.path, 0], depth: 1, way, step: inside[0], list: way.path, index: 0, count: 1 });
        continue;
      }
      all.push({ type: "way", path: way.path, depth: 1, way, list: way.path, index: -1, count: inside.length });
      all.push(...rowsOf(v, way.path, 2));
    }
  }
  return all;
}

/** The way's words. @param {{ way: any, count: number }} p */
const Way = ({ way, count }) => html`<span class="way">${way.word === "key" ? html`<span class="off">${t("flow.keyOf")}</span><kbd>${way.key}</kbd>` : code("way", `${way.of}_${way.word}`)}</span>
  ${!count && html`<span class="d">${way.word === "key" ? t("flow.emptyKey") : code("wayEmpty", `${way.of}_${way.word}`)}</span>`}`;

/** @param {number} n */
const rails = (n) => Array.from({ length: n }, (_, i) => html`<i key=${i} class="guide"></i>`);

/** @param {{ row: any, on: boolean, first: boolean }} p */
const Row = ({ row, on, first }) => {
  const inner = row.type === "step" ? waysOf(row.step, row.path).map((w) => w.path) : row.type === "rule" ? [] : listOf(read(root.value, row.path)).map((_, i) => [...row.path, i]);
  const bad = faultsAt(row.path, inner);
  const key = JSON.stringify(row.path);
  const kind = row.type === "step" ? kindOf(row.step) : "";
  const sum = row.type === "step" ? summary(row.step) : row.type === "rule" ? ruleSummary(row.rule.id, root.value?.[row.rule.id]) : "";
  const drop = (/** @type {DragEvent} */ e) => {
    e.preventDefault();
    const from = dragged.value;
    dragged.value = null;
    over.value = "";
    if (from && row.list) carry(from, row.list, row.type === "way" ? 0 : row.index + 1);
  };
  return html`<div role="treeitem" class=${`row ${row.type}${on ? " on" : ""}${bad.length ? " bad" : ""}${over.value === key ? " over" : ""}`} data-path=${key}
    aria-level=${row.depth + 1} aria-selected=${on} tabindex=${on || first ? 0 : -1} draggable=${row.type === "step"}
    onClick=${() => ((chosen.value = row.path), (adding.value = null))}
    onDragStart=${(/** @type {any} */ e) => ((dragged.value = row.path), e.dataTransfer.setData("text/plain", key))} onDragEnd=${() => ((dragged.value = null), (over.value = ""))}
    onDragOver=${(/** @type {any} */ e) => dragged.value && row.list && (e.preventDefault(), (over.value = key))} onDrop=${drop}>
    ${rails(row.depth)}
    ${row.type === "step" && row.way && html`<${Way} way=${row.way} count=${1} />`}
    ${row.type === "step" && html`<span class=${"kind k-" + kind}>${code("step", kind)}</span><span class="what">${sum}</span>`}
    ${row.type === "way" && html`<${Way} way=${row.way} count=${row.count} />`}
    ${row.type === "rule" && html`<span class="kind">${code("rule", row.rule.id)}</span><span class=${root.value?.[row.rule.id] === undefined ? "d" : "what"}>${root.value?.[row.rule.id] === undefined ? t("flow.noRule") : sum}</span>`}
    ${bad.length > 0 && html`<span class="fault"><${Glyph} name="crit" /> ${bad[0].problem}</span>`}
    <span class="sp"></span>
    ${row.list && html`<button type="button" class="btn q plus" tabindex="-1" title=${t("flow.addAfter")} aria-label=${t("flow.addAfter")} onClick=${(/** @type {Event} */ e) => (e.stopPropagation(), (chosen.value = row.path), (adding.value = { list: row.list, index: row.index + 1 }))}>+</button>`}
  </div>`;
};

/** Puts the cursor on the chosen row. */
export const focusRow = () => requestAnimationFrame(() => /** @type {HTMLElement | null} */ (document.querySelector(".tree [aria-selected=true]"))?.focus());

/** Keys of the tree. @param {KeyboardEvent} e */
function key(e) {
  const all = rows();
  const at = all.findIndex((r) => same(r.path, chosen.value));
  const row = all[at];
  const go = (/** @type {number} */ i) => all[i] && ((chosen.value = all[i].path), (adding.value = null), focusRow());
  const move = e.ctrlKey || e.metaKey;
  let used = true;
  if (move && e.key.toLowerCase() === "z") undo(e.shiftKey);
  else if (move && e.key.toLowerCase() === "y") undo(true);
  else if (move && e.key === "c" && row?.step) copied.value = row.step;
  else if (move && e.key === "x" && row?.step) (copied.value = row.step), remove(row.path);
  else if (move && e.key === "v" && copied.value && row?.list) insert(row.list, row.index + 1, copied.value);
  else if (e.altKey && (e.key === "ArrowUp" || e.key === "ArrowDown") && row?.step) shift(row.path, e.key === "ArrowUp" ? -1 : 1);
  else if (e.ctrlKey || e.altKey || e.metaKey) used = false;
  else if (e.key === "ArrowDown") go(Math.min(at + 1, all.length - 1));
  else if (e.key === "ArrowUp") go(Math.max(at - 1, 0));
  else if (e.key === "Home") go(0);
  else if (e.key === "End") go(all.length - 1);
  else if (e.key === "ArrowLeft") go(all.findLastIndex((r, i) => i < at && r.depth < (row?.depth ?? 0)));
  else if (e.key === "ArrowRight") go(at >= 0 && all[at + 1]?.depth > row.depth ? at + 1 : -1);
  else if (e.key === "Enter") /** @type {HTMLElement | null} */ (document.querySelector(".stepform input,.stepform select,.stepform button"))?.focus();
  else if ((e.key === "Insert" || e.key === "+") && row?.list) adding.value = { list: row.list, index: row.index + 1 };
  else if (e.key === "Delete" && row?.step) remove(row.path);
  else used = false;
  if (!used) return;
  e.preventDefault();
  e.stopPropagation();
  if (!["Enter", "Insert", "+"].includes(e.key)) focusRow();
}

/** @param {{ label: string }} p */
export const Tree = ({ label }) => {
  const all = rows();
  const isFlow = doc.value.startsWith("flows/");
  const known = all.some((r) => same(r.path, chosen.value));
  const lastStep = listOf(root.value)[listOf(root.value).length - 1];
  return html`<div class="tree" role="tree" aria-label=${label} onKeyDown=${key}>
      ${all.map((row, i) => html`<${Row} key=${JSON.stringify(row.path)} row=${row} on=${same(row.path, chosen.value)} first=${!known && i === 0} />`)}
    </div>
    ${isFlow && html`<p class="tail"><button type="button" class="btn" onClick=${() => (adding.value = { list: [], index: listOf(root.value).length })}>+ ${t("flow.addStep")}</button>
      ${lastStep !== undefined && !ends(lastStep) && html`<span class="d">${t("flow.openEnd")}</span>`}</p>`}`;
};
