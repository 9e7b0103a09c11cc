// Whether the engine takes calls, and which centre is in force.
import { html, signal, Glyph } from "../shared/lib.js";
import { t } from "../shared/text.js";
import { api } from "../shared/api.js";
import { me, may } from "../shared/shell.js";
import { num } from "../shared/format.js";
import { inForce, load } from "./file.js";

/** @type {import("../shared/lib.js").Signal<any>} */
const health = signal(null);
/** @type {import("../shared/lib.js").Signal<any>} */
const centre = signal(null);

export async function loadHealth() {
  [health.value, centre.value] = await Promise.all([api("/health"), api("/centre")]);
}

export const Overview = () => {
  const h = health.value;
  const c = centre.value;
  const f = inForce.value.file;
  const count = (/** @type {any} */ list) => num(Array.isArray(list) ? list.length : Object.keys(list ?? {}).length);
  return html`<h2>${t("admin.health")}<span class="sp"></span><button class="btn q" onClick=${() => load(loadHealth)}>${t("admin.reload")}</button></h2>
    <dl class="facts" aria-live="polite">
      <dt>${t("admin.calls")}</dt>
      <dd>${h?.ready ? html`<span class="state good"><${Glyph} name="ok" />${t("admin.takes")}</span>` : html`<span class="state crit"><${Glyph} name="crit" />${t("admin.refuses", { why: h?.reason ?? "" })}</span>`}</dd>
      <dt>${t("admin.seq")}</dt><dd>${num(h?.seq)}</dd>
      <dt>${t("admin.version")}</dt><dd>${me.value.version}</dd>
    </dl>
    <h2>${t("admin.centre")}</h2>
    <dl class="facts">
      <dt>${t("admin.zone")}</dt><dd>${c?.time_zone}</dd>
      <dt>${t("admin.language")}</dt><dd>${c?.language}</dd>
      <dt>${t("admin.agents")}</dt><dd>${count(c?.agents)}</dd>
      <dt>${t("admin.queues")}</dt><dd>${count(c?.queues)}</dd>
      <dt>${t("admin.numbers")}</dt><dd>${Object.entries(c?.numbers ?? {}).map(([n, flow]) => html`<div>${n} → ${flow}</div>`)}</dd>
      ${may("edit_centre") && html`<dt>${t("admin.flows")}</dt><dd>${Object.keys(f.flows ?? {}).join(" · ")}</dd>`}
      <dt>${t("admin.file")}</dt><dd><code>${c?.sha256}</code></dd>
    </dl>`;
};
