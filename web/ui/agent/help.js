// All keys of the desk, and whether the single ones count.
import { html, signal } from "../shared/lib.js";
import { t } from "../shared/text.js";
import { Sheet } from "./sheet.js";

/** Single letters act; who types by voice or by accident can turn them off. */
export const singleKeys = signal(localStorage.getItem("desk.keys") !== "off");

/** @param {boolean} on */
function setKeys(on) {
  singleKeys.value = on;
  localStorage.setItem("desk.keys", on ? "on" : "off");
}

/** @param {{ rows: [string, string][], title: string }} p */
const Group = ({ rows, title }) => html`<section><h3 class="h">${title}</h3><dl>${rows.map(([k, w]) => html`<div><dt>${w}</dt><dd>${k.split("|").map((x) => html`<kbd>${x}</kbd> `)}</dd></div>`)}</dl></section>`;

export const Help = () => html`<${Sheet} title=${t("top.keys")} wide>
  <div class="allkeys">
    <${Group}
      title=${t("keys.state")}
      rows=${[
        ["F2", t("desk.ready")],
        ["F3|1–9", t("state.not_ready")],
        ["Alt 1–9", t("keys.afterwards")],
        ["F8|F8", t("desk.signOut")],
        ["F9", t("top.hand")],
      ]}
    />
    <${Group}
      title=${t("keys.call")}
      rows=${[
        ["Enter", t("call.answer")],
        ["Esc", t("call.decline")],
        ["H", t("keys.back")],
        ["S", t("call.swap")],
        ["M", t("call.mute")],
        ["C", t("call.consult")],
        ["T", t("keys.transfer")],
        ["F", t("call.conference")],
        ["X", t("call.dropConsult")],
        ["K", t("call.keys")],
        ["Esc|Esc", t("call.hangup")],
        ["D", t("dial.title")],
      ]}
    />
    <${Group}
      title=${t("wrap.title")}
      rows=${[
        ["Alt W", t("wrap.codes")],
        ["1–9", t("keys.code")],
        ["Ctrl Enter", t("wrap.end")],
        ["+", t("keys.extend")],
        ["Alt N", t("wrap.newTask")],
        ["Alt B", t("wrap.newCallback")],
      ]}
    />
    <${Group}
      title=${t("keys.places")}
      rows=${[
        ["Alt T", t("todo.title")],
        ["Alt R", t("notice.title")],
        ["R", t("notice.read")],
        ["Alt H", t("hist.title")],
        ["Alt U", t("customer.title")],
        ["/", t("top.search")],
        ["?", t("top.keys")],
      ]}
    />
  </div>
  <p><label class="check"><input type="checkbox" checked=${singleKeys.value} onChange=${(/** @type {any} */ e) => setKeys(e.target.checked)} />${t("keys.single")}</label></p>
</${Sheet}>`;
