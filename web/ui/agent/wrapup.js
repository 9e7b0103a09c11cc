// What is written down of a call: the code from the tree, the note, and the end of after-call work.
import { html, signal, computed, effect } from "../shared/lib.js";
import { t } from "../shared/text.js";
import { own, card, act, ask, inCall, off } from "./desk.js";
import { mustCode, ready, notReady } from "./state.js";
import { reasons } from "../shared/reasons.js";
import { Act } from "./twice.js";
import { wayTo, codeWords } from "../shared/codes.js";
import { sheet } from "./sheet.js";

/** @typedef {import("../shared/codes.js").Code} Code */

/** The groups that stand open, by id; the code given opens its own. @type {import("../shared/lib.js").Signal<string[]>} */
const path = signal([]);
/** The note as it is typed; kept in this browser until the engine has it. */
const note = signal("");
/** Of which contact it is, and what the engine has of it. */
let noteOf = "";
let noteKept = "";

const draft = (/** @type {string} */ contact) => "note " + contact;
const wrap = computed(() => card.value?.wrap);

effect(() => {
  const c = card.value;
  if (!c) return;
  if (c.contact === noteOf) {
    const typing = document.activeElement?.classList.contains("note");
    if (typing || note.peek() !== noteKept) return; // what is typed here goes before what another desk has written
    note.value = noteKept = c.wrap?.note ?? "";
    return;
  }
  noteOf = c.contact;
  noteKept = c.wrap?.note ?? "";
  note.value = sessionStorage.getItem(draft(noteOf)) ?? noteKept;
  path.value = [];
});

/** The code's columns: each group that stands open shows the next. @returns {{ codes: Code[], chosen: string }[]} */
function columns() {
  const tree = wrap.value?.codes ?? [];
  const way = path.value.length ? path.value : wayTo(tree, wrap.value?.code ?? "").map((/** @type {Code} */ c) => c.id);
  const out = [{ codes: tree, chosen: way[0] ?? "" }];
  for (let i = 0; i < way.length && out.length < 4; i++) {
    const below = out[i].codes.find((/** @type {Code} */ c) => c.id === way[i])?.codes;
    if (!below?.length) break;
    out.push({ codes: below, chosen: way[i + 1] ?? "" });
  }
  return out;
}

/** Opens a group or gives the code. @param {number} column @param {Code} c */
async function choose(column, c) {
  const cols = columns();
  const open = column < cols.length - 1 && cols[column].chosen === c.id; // pressed again it closes
  path.value = [...cols.slice(0, column).map((x) => x.chosen), open ? "" : c.id];
  if (!c.codes?.length && c.id !== wrap.value?.code) await save({ code: c.id });
}

/** The digit chooses in the last column. @param {number} n */
export function digit(n) {
  const cols = columns();
  const c = cols.at(-1)?.codes[n - 1];
  if (c) choose(cols.length - 1, c);
}

/** What is left out stays as it is. @param {object} what */
const save = (what) => act(`/contacts/${encodeURIComponent(noteOf)}/wrap-up`, { method: "PUT", body: what });

/** Hands the note over, if it has changed. */
async function saveNote() {
  const contact = noteOf;
  const text = note.value;
  if (!contact || text === noteKept) return true;
  if (!(await save({ note: text }))) return false;
  sessionStorage.removeItem(draft(contact));
  if (contact === noteOf) noteKept = text;
  return true;
}

/** @param {string} text */
function type(text) {
  note.value = text;
  if (noteOf) sessionStorage.setItem(draft(noteOf), text);
}

/** Ends after-call work; the note first. */
export async function finish() {
  if (mustCode.value) return document.getElementById("codes")?.querySelector("button")?.focus();
  if (await saveNote()) await ready();
}

/** @param {string} id */
async function finishInto(id) {
  if (await saveNote()) await notReady(id);
}

export const extend = () => ask("extend-wrap-up");

/** Between the columns by arrows, within one by arrows too. @param {KeyboardEvent} e */
function move(e) {
  const at = /** @type {HTMLElement} */ (document.activeElement);
  const uls = [.../** @type {HTMLElement} */ (e.currentTarget).querySelectorAll("ul")];
  const c = uls.findIndex((u) => u.contains(at));
  if (c < 0) return;
  const rows = [...uls[c].querySelectorAll("button")];
  const r = rows.indexOf(/** @type {HTMLButtonElement} */ (at));
  const to =
    e.key === "ArrowDown" ? rows[r + 1]
    : e.key === "ArrowUp" ? rows[r - 1]
    : e.key === "ArrowLeft" ? (uls[c - 1]?.querySelector("button.sel") ?? uls[c - 1]?.querySelector("button"))
    : e.key === "ArrowRight" ? (uls[c + 1]?.querySelector("button.sel") ?? uls[c + 1]?.querySelector("button"))
    : undefined;
  if (e.key === "ArrowRight" && !to) rows[r]?.click();
  else if (to) /** @type {HTMLElement} */ (to).focus();
  else return;
  e.preventDefault();
}

const Tree = () => {
  const cols = columns();
  const given = wrap.value?.code;
  return html`<div class=${"tree c" + cols.length} id="codes" role="group" aria-label=${t("wrap.codes")} onKeyDown=${move}>
    ${cols.map(
      (col, i) => html`<ul key=${i}>
        ${col.codes.map((c, n) => {
          const leaf = !c.codes?.length;
          const cls = c.id === given ? "sel2" : c.id === col.chosen ? "sel" : "";
          return html`<li key=${c.id}>
            <button type="button" class=${cls} aria-pressed=${leaf ? c.id === given : undefined} aria-expanded=${leaf ? undefined : c.id === col.chosen} disabled=${off.value} onClick=${() => choose(i, c)}>
              <span class="nm">${c.name}</span>${i === cols.length - 1 && n < 9 ? html`<kbd>${n + 1}</kbd>` : !leaf && html`<span class="d" aria-hidden="true">›</span>`}
            </button>
          </li>`;
        })}
      </ul>`,
    )}
  </div>`;
};

/** The end of after-call work and what can be asked before it. */
const Foot = () => {
  const a = own.value;
  const left = a.wrap?.extends_left ?? 0;
  const first = reasons.value[0];
  const tools = html`<${Act} word=${t("wrap.newTask")} hot="Alt N" go=${() => (sheet.value = "task")} /><${Act} word=${t("wrap.newCallback")} hot="Alt B" go=${() => (sheet.value = "callback")} />`;
  if (a.state !== "wrap_up") {
    return html`<div class="foot"><span class="d">${inCall.value ? t("wrap.afterHangup") : ""}</span><span class="sp"></span>${tools}</div>`;
  }
  return html`<div class="foot">
    <${Act} kind="p" word=${t("wrap.finish")} hot="Ctrl Enter" disabled=${mustCode.value} why=${t("wrap.codeFirst")} go=${finish} />
    ${first && html`<${Act} word=${t("wrap.finishInto", { what: first.name })} hot="Alt 1" disabled=${mustCode.value} why=${t("wrap.codeFirst")} go=${() => finishInto(first.id)} />`}
    <span class="sp"></span>${a.wrap_until && a.wrap?.extend_ms && html`<${Act} word=${t("wrap.extend", { s: a.wrap.extend_ms / 1000 })} hot="+" disabled=${left === 0} why=${t("wrap.noMore")} go=${extend} /><span class="d">${t("wrap.left", { n: left })}</span>`}
  </div>`;
};

export const WrapUp = () => {
  const w = wrap.value;
  const a = own.value;
  const rule = w?.rule ?? "none";
  const before = codeWords(card.value?.last?.find((/** @type {any} */ x) => x.codes?.length)?.codes);
  return html`<section class="wrapup pad" aria-label=${t("wrap.title")}>
    <h3 class="h">
      ${t("wrap.title")} ${rule === "required" && html`<span class=${w.code ? "d" : "crit"}>${a.state === "wrap_up" && !w.code ? t("wrap.codeFirst") : t("wrap.required")}</span>`}${rule === "optional" && html`<span class="d">${t("wrap.optional")}</span>`}
      <span class="sp"></span>${before && html`<span class="d">${t("wrap.lastTime", { what: before })}</span>`}<kbd>Alt W</kbd>
    </h3>
    ${w?.codes?.length > 0 && html`<${Tree} />`}
    <textarea class="note" rows="2" maxlength="4000" aria-label=${t("wrap.note")} placeholder=${t("wrap.note")} value=${note.value} onInput=${(/** @type {any} */ e) => type(e.target.value)} onBlur=${saveNote}></textarea>
    <${Foot} />
  </section>`;
};
