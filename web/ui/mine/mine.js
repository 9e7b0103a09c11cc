// One's own login, for every role: where it is in use, its password, its second factor.
import { html, render, effect } from "../shared/lib.js";
import { t } from "../shared/text.js";
import { enter, Head } from "../shared/shell.js";
import { said } from "../admin/file.js";
import { Mine } from "../admin/mine.js";

const Page = () => html`<${Head} /><main class="mine"><h1 class="off">${t("admin.mine")}</h1>
  <div class="section"><${Mine} /></div>
  <p class=${"note " + (said.value.bad ? "crit" : "m")} role=${said.value.bad ? "alert" : "status"}>${said.value.text}</p></main>`;

await enter();
effect(() => {
  document.title = `${t("admin.mine")} — Hotline`;
});
render(html`<${Page} />`, document.body);
