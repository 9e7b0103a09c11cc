// What can be set of a tile and of the board.
import { html } from "../shared/lib.js";
import { t, code } from "../shared/text.js";
import { known, draft, page, chosen, tiles, change, put, remove, readOnly } from "./model.js";
import { whereOf } from "./canvas.js";

/** @param {{ label: string, children?: any }} p */
const Field = ({ label, children }) => html`<label class="field"><span>${label}</span>${children}</label>`;

/** @param {Event} e */
const value = (e) => /** @type {HTMLInputElement} */ (e.target).value;

/** Whose figures: a team, or queues one by one. @param {{ of: any, all: string, set: (to: any) => void, id: string }} p */
const Filter = ({ of, all, set, id }) => html`
  <${Field} label=${t("boards.team")}><select id=${id + "-team"} disabled=${readOnly.value} value=${of.team ?? ""} onChange=${(/** @type {Event} */ e) => set({ team: value(e) || undefined })}>
    <option value="">${all}</option>${known.value.teams.map((/** @type {any} */ x) => html`<option value=${x.id}>${x.name || x.id}</option>`)}
  </select></${Field}>
  <fieldset class="queues-of"><legend>${t("boards.queues")}</legend>
    ${known.value.queues.map((/** @type {any} */ q) => html`<label class="tick"><input type="checkbox" disabled=${readOnly.value} checked=${(of.queues ?? []).includes(q.id)}
      onChange=${(/** @type {Event} */ e) => {
        const on = /** @type {HTMLInputElement} */ (e.target).checked;
        const next = known.value.queues.map((/** @type {any} */ x) => x.id).filter((/** @type {string} */ x) => (x === q.id ? on : (of.queues ?? []).includes(x)));
        set({ queues: next.length ? next : undefined });
      }} />${q.name || q.id}</label>`)}
    <p class="d">${(of.queues ?? []).length === 0 ? (of.team ? t("boards.queuesOfTeam") : all) : ""}</p>
  </fieldset>`;

const filtered = (/** @type {string} */ kind) => !["alarms", "clock", "text"].includes(kind);

/** @param {{ i: number }} p */
const TilePanel = ({ i }) => {
  const tile = tiles()[i];
  const set = (/** @type {any} */ to) => change((b) => void Object.assign(b.pages[page.value].tiles[i], to));
  const number = (/** @type {"x" | "y" | "w" | "h"} */ k, /** @type {string} */ label, /** @type {number} */ off) => html`<label>${label}<input type="number" min="1" max="24" disabled=${readOnly.value} value=${tile[k] + off}
    onChange=${(/** @type {Event} */ e) => put(i, { [k]: (Number(value(e)) || 1) - off })} /></label>`;
  return html`<section aria-label=${t("boards.tile")}>
    <h2>${code("tile", tile.kind)}</h2>
    <p class="d" role="status">${whereOf(tile)}</p>
    <div class="four">${number("x", t("boards.x"), 1)}${number("y", t("boards.y"), 1)}${number("w", t("boards.w"), 0)}${number("h", t("boards.h"), 0)}</div>
    <${Field} label=${t("boards.title")}><input id="tile-title" maxlength="60" disabled=${readOnly.value} placeholder=${t("boards.own")} value=${tile.title ?? ""} onChange=${(/** @type {Event} */ e) => set({ title: value(e) || undefined })} /></${Field}>
    ${tile.kind === "text" && html`<${Field} label=${t("boards.text")}><textarea id="tile-text" rows="4" maxlength="400" disabled=${readOnly.value} value=${tile.text ?? ""} onChange=${(/** @type {Event} */ e) => set({ text: value(e) })}></textarea></${Field}>`}
    ${filtered(tile.kind) && html`<${Filter} id="tile" of=${tile} all=${t("boards.asBoard")} set=${set} />`}
    <button class="btn x" disabled=${readOnly.value} onClick=${() => remove(i)}>${t("boards.remove")} <kbd>Del</kbd></button>
  </section>`;
};

const BoardPanel = () => {
  const b = draft.value;
  if (!b) return null;
  const set = (/** @type {any} */ to) => change((x) => void Object.assign(x, to));
  const off = readOnly.value;
  return html`<section aria-label=${t("boards.board")}>
    <h2>${t("boards.board")}</h2>
    <${Field} label=${t("boards.name")}><input id="board-name" maxlength="40" pattern="[a-z0-9][a-z0-9\\-]*" disabled=${off || b.version > 0 || b.name === "main"} value=${b.name} onChange=${(/** @type {Event} */ e) => set({ name: value(e).trim() })} /></${Field}>
    <${Field} label=${t("boards.title")}><input id="board-title" maxlength="60" disabled=${off} placeholder=${t("boards.centreName")} value=${b.title ?? ""} onChange=${(/** @type {Event} */ e) => set({ title: value(e) || undefined })} /></${Field}>
    <${Field} label=${t("boards.pageTitle", { n: page.value + 1 })}><input maxlength="60" disabled=${off} value=${b.pages[page.value].title ?? ""} onChange=${(/** @type {Event} */ e) => change((x) => void (x.pages[page.value].title = value(e) || undefined))} /></${Field}>
    <${Field} label=${t("boards.turn")}><input type="number" min="0" max="600" disabled=${off} value=${b.turn_s ?? 0} onChange=${(/** @type {Event} */ e) => set({ turn_s: Number(value(e)) || undefined })} /></${Field}>
    <${Field} label=${t("boards.theme")}><select disabled=${off} value=${b.theme ?? ""} onChange=${(/** @type {Event} */ e) => set({ theme: value(e) || undefined })}>
      <option value="">${t("boards.dark")}</option><option value="light">${t("boards.light")}</option><option value="auto">${t("boards.auto")}</option></select></${Field}>
    <${Field} label=${t("boards.language")}><select disabled=${off} value=${b.language ?? ""} onChange=${(/** @type {Event} */ e) => set({ language: value(e) || undefined })}>
      <option value="">${t("boards.asScreen")}</option><option value="zh-CN">${t("boards.chinese")}</option><option value="en-US">English</option></select></${Field}>
    <label class="tick"><input type="checkbox" disabled=${off} checked=${!!b.names} onChange=${(/** @type {Event} */ e) => set({ names: /** @type {HTMLInputElement} */ (e.target).checked || undefined })} />${t("boards.names")}</label>
    <label class="tick"><input type="checkbox" disabled=${off} checked=${!!b.sound} onChange=${(/** @type {Event} */ e) => set({ sound: /** @type {HTMLInputElement} */ (e.target).checked || undefined })} />${t("boards.sound")}</label>
    <${Filter} id="board" of=${b} all=${t("boards.all")} set=${set} />
  </section>`;
};

export const Panel = () => html`<aside class="panel">${chosen.value >= 0 && tiles()[chosen.value] ? html`<${TilePanel} i=${chosen.value} />` : html`<${BoardPanel} />`}</aside>`;
