// The files that were in force, what going back to one would change, and going back.
import { html, signal, effect } from "../shared/lib.js";
import { t } from "../shared/text.js";
import { api } from "../shared/api.js";
import { dayTime, num } from "../shared/format.js";
import { inForce, proposal, attempt, drop } from "./file.js";
import { Diff } from "./source.js";

/** @type {import("../shared/lib.js").Signal<any[]>} */
const list = signal([]);
/** @type {import("../shared/lib.js").Signal<any>} */
const chosen = signal(null);

/** The list is read whenever another file comes in force. */
const read = () => attempt(async () => void (list.value = await api("/centre/versions")));

let known = "";
effect(() => {
  const sha = inForce.value.sha256;
  if (!sha || sha === known) return;
  known = sha;
  chosen.value = null;
  queueMicrotask(read);
});

/** @param {any} v */
async function choose(v) {
  drop();
  chosen.value = null;
  const file = await attempt(() => api("/centre/versions/" + v.sha256));
  if (!file) return;
  chosen.value = { ...v, source: file.source };
  if (v.in_force) return;
  const base = inForce.value.sha256;
  proposal.value = { answer: file, from: "version", publish: (note) => api(`/centre/versions/${v.sha256}/restore`, { body: { base, note } }) };
}

export const Versions = () => html`<h2>${t("admin.versions")} <span class="d">${num(list.value.length)}</span><span class="sp"></span><button class="btn q" onClick=${read}>${t("admin.reload")}</button></h2>
  <table class="versions"><thead><tr><th>${t("admin.when")}</th><th>${t("admin.who")}</th><th>${t("admin.note")}</th><th>SHA-256</th></tr></thead>
    <tbody>${list.value.map(
      (v) => html`<tr key=${v.sha256} class=${chosen.value?.sha256 === v.sha256 ? "on" : ""} onClick=${() => choose(v)}>
        <th scope="row"><button class="pick">${dayTime(v.at)}</button></th><td>${v.by || html`<span class="d">${t("admin.machine")}</span>`}</td>
        <td class="cut">${v.in_force ? html`<b>${t("admin.now")}</b> ` : ""}${v.note ?? ""}</td><td><code>${v.sha256.slice(0, 12)}</code></td></tr>`,
    )}</tbody></table>
  ${chosen.value && html`<h2>${t("admin.goingBack")}</h2><${Diff} a=${inForce.value.source} b=${chosen.value.source} />`}`;
