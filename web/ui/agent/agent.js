// The agent desk: state and figures at the left, the call in the middle, what is to be done at the right.
import { html, render, effect } from "../shared/lib.js";
import { t, code } from "../shared/text.js";
import { view, stale, start } from "../shared/live.js";
import { me, enter, Head, Blank } from "../shared/shell.js";
import { loadReasons } from "../shared/reasons.js";
import { own, inCall, follow, readServes } from "./desk.js";
import { Mine, Why } from "./state.js";
import { Today, Queues, Shift } from "./side.js";
import { CallCard, standing } from "./call.js";
import { WrapUp } from "./wrapup.js";
import { History, ThisCall, Mine as MyContacts } from "./history.js";
import { Tasks, Notices, Missed, KeyList } from "./todo.js";
import { Dial, dialFromAddress } from "./dial.js";
import { SignIn } from "./signin.js";
import { Top } from "./top.js";
import { Search } from "./search.js";
import { Help } from "./help.js";
import { NewTask } from "./newtask.js";
import { Customer } from "./customer.js";
import { loadCodes } from "../shared/codes.js";
import { sheet } from "./sheet.js";
import { onKey } from "./keys.js";
import { PhoneSheet } from "./phone.js";
import { resumePhone } from "../phone/pane.js";
import { followPops } from "./screenpop.js";

/** What stands in the middle: signing in, nothing yet, a call, or what is written down after it. */
const Middle = () => {
  const state = own.value.state;
  if (state === "signed_out") return html`<${SignIn} />`;
  if (state === "wrap_up") return html`<${CallCard} /><${WrapUp} /><${ThisCall} /><${History} />`;
  if (inCall.value) return standing() === "ringing" ? html`<${CallCard} /><${History} />` : html`<${CallCard} /><${WrapUp} /><${History} />`;
  return html`<section class="idle pad"><p>${state === "ready" ? t("call.none") : t("call.noneNotReady")}</p></section><${Dial} /><${MyContacts} />`;
};

const Sheets = () => {
  switch (sheet.value) {
    case "search":
      return html`<${Search} />`;
    case "keys":
      return html`<${Help} />`;
    case "task":
    case "callback":
      return html`<${NewTask} />`;
    case "phone":
      return html`<${PhoneSheet} />`;
    case "customer":
      return html`<${Customer} />`;
  }
  return null;
};

const Page = () => {
  const user = me.value;
  if (!user || !view.value) return html`<${Top} /><main class="only"><${Blank} state=${stale.value ? "error" : "loading"} text=${t("error.unreachable")} /></main>`;
  if (!user.agent) return html`<${Head} /><main class="only"><h1 class="off">${t("nav.agent")}</h1><${Blank} state="empty" text=${t("desk.notAgent")} /></main>`;
  if (!own.value) return html`<${Head} /><main class="only"><h1 class="off">${t("nav.agent")}</h1><${Blank} state="error" text=${t("desk.unknownAgent", { id: user.agent })} /></main>`;
  const dim = stale.value ? " stale-area" : "";
  return html`<${Top} />
    <aside class=${"col left" + dim} aria-label=${t("desk.mine")}><${Mine} /><${Why} /><${Today} /><${Queues} /><${Shift} /></aside>
    <main class=${"mid" + dim}><${Middle} /></main>
    <aside class=${"col right" + dim} aria-label=${t("todo.title")}><${Tasks} /><${Notices} /><${Missed} /><${KeyList} /></aside>
    <${Sheets} />`;
};

effect(() => {
  const a = own.value;
  const ringing = a && standing() === "ringing";
  document.title = (ringing ? `${t("call.incoming")} — ` : a ? `${code("deskState", a.state)} — ` : "") + "Hotline";
});
addEventListener("keydown", onKey);

render(html`<${Page} />`, document.body);
await enter();
if (me.value.agent) {
  start();
  await Promise.all([loadReasons(), loadCodes(), readServes()]).catch(() => {});
  follow();
  followPops();
  dialFromAddress();
  resumePhone();
} else view.value = { agents: [], queues: [] };
