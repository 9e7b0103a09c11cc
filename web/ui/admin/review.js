// What a proposed change does: its faults, or what differs and whom it concerns, and the button that puts it in force.
import { html, signal } from "../shared/lib.js";
import { t, code } from "../shared/text.js";
import { num } from "../shared/format.js";
import { proposal, said, busy, publish, drop } from "./file.js";

const note = signal("");
const MOST = 200; // changes that are listed

/** What a key of the file is called. @param {string} kind @param {string} key */
const keyed = (kind, key) => {
  for (const of of ["rule", "field"]) if (code(of, key) !== key) return code(of, key);
  return key || code("part", kind);
};

/** One change in a line. A dialogue's is shown line by line, beside it. @param {{ c: any }} p */
export const Change = ({ c }) => html`<li>
  <p><span class=${"how " + c.how}>${code("change", c.how)}</span> ${code("part", c.kind)} <b>${c.name && c.name !== c.id ? `${c.name} ` : ""}</b><span class=${c.name && c.name !== c.id ? "d" : "b"}>${c.id}</span>
    ${(c.talking > 0 || c.waiting > 0) && html`<span class="m"> · ${t("admin.goesOn", { talking: c.talking ?? 0, waiting: c.waiting ?? 0 })}</span>`}</p>
  ${c.kind !== "flow" && (c.fields ?? []).map((/** @type {any} */ f) => html`<p class="field"><code title=${f.key}>${keyed(c.kind, f.key)}</code> <del>${f.old ?? ""}</del> <ins>${f.new ?? ""}</ins></p>`)}
</li>`;

/** @param {{ faults: any[], go?: (fault: any) => void }} p */
export const Faults = ({ faults, go }) => html`<div role="alert"><ul class="faults">
  ${faults.map(
    (f) => html`<li><button class="pick" onClick=${() => go?.(f)} disabled=${!go}>${t("admin.line", { n: f.line })}</button> <code>${f.key}</code> ${f.problem}${f.want && html`<span class="m"> — ${f.want}</span>`}</li>`,
  )}
</ul></div>`;

/** @param {SubmitEvent} e */
async function submit(e) {
  e.preventDefault();
  await publish(note.value);
  if (!proposal.value) note.value = "";
}

export const Review = () => {
  const p = proposal.value;
  const out = html`<p class=${"said " + (said.value.bad ? "crit" : "m")} role="status">${said.value.text}</p>`;
  if (!p) return html`<aside class=${"review" + (said.value.text ? "" : " idle")}>${out}</aside>`;
  const a = p.answer;
  if (a.faults.length > 0 && p.from !== "table") {
    return html`<aside class="review"><h2>${t("admin.faults")} <span class="d">${num(a.faults.length)}</span><span class="sp"></span><button class="btn q" onClick=${p.back ?? drop}>${t("admin.drop")}</button></h2>
      <${Faults} faults=${a.faults} go=${p.go} />${out}</aside>`;
  }
  if (a.faults.length > 0) return null;
  return html`<aside class="review" aria-label=${t("admin.review")}>
    <h2>${t("admin.review")} <span class="d">${num(a.changes.length)}</span></h2>
    ${a.changes.length ? html`<ul class="changes">${a.changes.slice(0, MOST).map((/** @type {any} */ c) => html`<${Change} key=${c.kind + c.id} c=${c} />`)}${a.changes.length > MOST && html`<li class="m">${t("admin.andMore", { n: num(a.changes.length - MOST) })}</li>`}</ul>` : html`<p class="m none">${t("admin.noChange")}</p>`}
    <p class="m none">${t("admin.untouched")}</p>
    <form class="publish" onSubmit=${submit}>
      <label>${t("admin.note")}<input value=${note.value} maxlength="500" onInput=${(/** @type {any} */ e) => (note.value = e.currentTarget.value)} /></label>
      <button class="btn p" id="publish" disabled=${busy.value || p.stale}>${t("admin.publish")}</button>
      <button type="button" class="btn" onClick=${p.back ?? drop}>${t("admin.drop")}</button>
    </form>${out}
  </aside>`;
};
