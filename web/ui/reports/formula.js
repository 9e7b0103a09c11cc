// The formula of every figure, one click away: what it is made of, how it was counted, as of when.
import { html, signal } from "../shared/lib.js";
import { t, code, lang } from "../shared/text.js";
import { api } from "../shared/api.js";
import { dayTime } from "../shared/format.js";
import { asked, stand } from "./source.js";

/** @typedef {{ id: string, name: Record<string, string>, formula: Record<string, string>, unit?: string, source?: string }} Definition */

/** What the engine says of its figures; empty until it is loaded. */
const known = signal(/** @type {Definition[]} */ ([]));
/** The figure whose formula is open. */
const shown = signal("");

export const loadDefinitions = () => api("/reports/definitions").then((r) => (known.value = r.items ?? []), () => {});

/** Figures that the engine knows by another name than the column's, or explains together. @type {[RegExp, string][]} */
const others = [
  [/^(talk|acw|hold|ring)$/, "avg_$1"], [/^(p\d\d|max)$/, "wait_$1"], [/^in_/, "states"], [/^ring_|^missed$/, "rings"], [/^out_|^internal$/, "outbound"],
  [/^to_|^failed$/, "transfers"], [/^bloc_/, "blocked"], [/^flow_(?!out)/, "flow_out"], [/^rated$/, "survey_answered"], [/^invited$/, "survey_invited"], [/^score$/, "avg_score"], [/^codes_missing$/, "codes"],
];

/** @param {string} id */
function find(id) {
  const is = (/** @type {string} */ x) => known.value.find((d) => d.id === x);
  const rule = others.find(([of]) => of.test(id));
  return is(id) ?? (rule && is(rule[1].replace("$1", id.match(rule[0])?.[1] ?? "")));
}

/** The key to a figure's formula. @param {{ id: string }} p */
export const Fx = ({ id }) => formulaOf(id) && html`<button class="fx" aria-expanded=${shown.value === id} aria-label=${t("reports.formulaOf", { name: named(id) })} onClick=${(/** @type {Event} */ e) => {
  e.stopPropagation();
  shown.value = shown.value === id ? "" : id;
}}><i>ƒ</i></button>`;

/** A figure's name. @param {string} id */
export const named = (id) => find(id)?.name[lang.value] ?? (code("kpi", id) !== id ? code("kpi", id) : code("col", id));

/** A figure's formula in words; empty: it is a count. @param {string} id */
export const formulaOf = (id) => (code("formula", id) !== id ? code("formula", id) : (find(id)?.formula[lang.value] ?? ""));

/** Closes the formula; false if none was open. */
export function shut() {
  const was = shown.value !== "";
  shown.value = "";
  return was;
}

/** The open formula, at the foot of the page. */
export const Formula = () => {
  const id = shown.value;
  if (!id) return null;
  const d = find(id);
  const text = formulaOf(id) || t("reports.noFormula");
  const s = stand.value;
  return html`<aside class="formula noprint" aria-live="polite">
    <b>${named(id)}</b><span>${text}</span>
    ${d?.unit && html`<span class="d">${code("unit", d.unit)}</span>`}${d?.source && html`<span class="d">${d.source}</span>`}
    <span class="sp"></span>
    <span class="d">${t("reports.by")} ${code("by", asked.value.by)}</span>${s && html`<span class="d">${t("reports.asOf", { at: dayTime(s.asOf) })}</span>`}
    <button class="btn q" onClick=${shut}>${t("reports.close")} <kbd>Esc</kbd></button>
  </aside>`;
};
