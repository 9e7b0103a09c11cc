// By what a report is made: queue, agent, team, trunk, codec.
import { html } from "../shared/lib.js";
import { t, code } from "../shared/text.js";
import { codePath } from "../shared/codes.js";
import { ask } from "./source.js";

/** @param {{ options: string[], value: string }} p */
export const Groups = ({ options, value }) => html`<span class="seg noprint">${options.map((o) => html`<button class=${"btn" + (o === value ? " on" : "")} aria-pressed=${o === value} onClick=${() => ask({ group: o === options[0] ? "" : o, sort: "" })}>${code("group", o)}</button>`)}</span>`;

/** @param {string} group @returns {import("./table.js").Column} */
export const groupName = (group) => ({
  id: "id", head: code("group", group), width: "name", value: (r) => r.name || (group === "code" ? codePath(r.id) : r.id),
  show: (r) => (group === "code" && r.id ? codePath(r.id) : r.id ? html`${r.name || r.id}${r.name && r.name !== r.id && html` <span class="d">${r.id}</span>`}` : html`<span class="d">${t("chart.all")}</span>`),
});
