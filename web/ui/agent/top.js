// The head of the desk: who one is, help at hand, how the phone and the line to the engine are.
import { html } from "../shared/lib.js";
import { t } from "../shared/text.js";
import { api } from "../shared/api.js";
import { clock } from "../shared/format.js";
import { now, view } from "../shared/live.js";
import { Fresh } from "../shared/parts.js";
import { me, LangButton } from "../shared/shell.js";
import { own, ask } from "./desk.js";
import { Act } from "./twice.js";
import { sheet } from "./sheet.js";
import { PhoneLine } from "./phone.js";

export const raiseHand = () => ask("raise-hand", own.value.hand ? undefined : { note: "" }, own.value.hand ? "DELETE" : "POST");

async function logout() {
  await api("/logout", { method: "POST" }).catch(() => {});
  location.href = "/login";
}

export const Top = () => {
  const a = own.value;
  return html`<header class="top">
    <b class="brand">Hotline</b><span class="sep"></span>
    ${a && html`<h1 class="me">${a.name}</h1><span class="m id">${[a.id, a.team_name].filter(Boolean).join(t("call.comma"))}</span>`}
    <span class="sp"></span>
    ${a && html`<${Act} kind="q" word=${a.hand ? t("top.handUp") : t("top.hand")} hot="F9" pressed=${a.hand ? true : undefined} go=${raiseHand} />
      <button type="button" class="btn q" onClick=${() => (sheet.value = "search")}>${t("top.search")}<kbd>/</kbd></button>
      <button type="button" class="btn q" onClick=${() => (sheet.value = "keys")}>${t("top.keys")}<kbd>?</kbd></button>`}
    <${LangButton} /><a class="btn q" href="/mine" target="_blank">${t("admin.mine")}</a><button type="button" class="btn q" title=${me.value?.user} onClick=${logout}>${t("nav.logout")}</button><span class="sep"></span>
    ${a && html`<${PhoneLine} />`}<${Fresh} /><time class="b">${view.value && clock(new Date(now.value).toISOString())}</time>
  </header>`;
};
