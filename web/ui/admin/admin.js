// The admin page: whether the engine takes calls, the centre in force, and the logins.
import { html, render, signal, effect, Glyph } from "../shared/lib.js";
import { t } from "../shared/text.js";
import { api, Problem } from "../shared/api.js";
import { enter, may, me, Head, Blank } from "../shared/shell.js";
import { num } from "../shared/format.js";
import { Centre } from "./centre.js";
import { Logins, loadLogins } from "./logins.js";

/** @type {import("../shared/lib.js").Signal<any>} */
const centre = signal(null);
/** @type {import("../shared/lib.js").Signal<any>} */
const health = signal(null);
const problem = signal("");

async function load() {
  problem.value = "";
  try {
    [centre.value, health.value] = await Promise.all([api("/centre"), api("/health"), may("manage_logins") && loadLogins()]);
  } catch (e) {
    const p = e instanceof Problem ? e : new Problem(0, String(e));
    problem.value = p.status === 403 ? t("admin.forbidden") : p.status === 0 ? t("error.unreachable") : p.message;
  }
}

const Health = () => {
  const h = health.value;
  return html`<section>
    <h2>${t("admin.health")}<span class="sp"></span><button class="btn q" onClick=${load}>${t("admin.reload")}</button></h2>
    <dl class="facts" aria-live="polite">
      <dt>${t("admin.calls")}</dt>
      <dd>${h.ready ? html`<span class="state good"><${Glyph} name="ok" />${t("admin.takes")}</span>` : html`<span class="state crit"><${Glyph} name="crit" />${t("admin.refuses", { why: h.reason ?? "" })}</span>`}</dd>
      <dt>${t("admin.seq")}</dt><dd>${num(h.seq)}</dd>
      <dt>${t("admin.version")}</dt><dd>${me.value.version}</dd>
    </dl>
  </section>`;
};

const Page = () => {
  let body = html`<${Blank} state="loading" />`;
  if (problem.value) body = html`<${Blank} state="error" text=${problem.value} retry=${load} />`;
  else if (centre.value) {
    body = html`<div class="centre"><${Centre} c=${centre.value} /></div>
      <div class="side"><${Health} />${may("manage_logins") && html`<${Logins} />`}</div>`;
  }
  return html`<${Head} /><main>${body}</main>`;
};

effect(() => void (document.title = `${t("nav.admin")} — Hotline`));
render(html`<${Page} />`, document.body);
await enter();
await load();
