// The head of the desk pages, and who is logged in.
import { html, signal } from "./lib.js";
import { t, lang, setLang, suggestLang } from "./text.js";
import { api } from "./api.js";
import { zone } from "./format.js";

/** @type {import("./lib.js").Signal<any>} */
export const me = signal(null);

/** Loads who is logged in; sends others to the log-in page. */
export async function enter() {
  me.value = await api("/me");
  zone.value = me.value.time_zone ?? "";
  suggestLang(me.value.language);
}

/** @param {string} permission */
export const may = (permission) => !!me.value?.permissions.includes(permission);

/** The pages, in the order of the navigation. */
export const places = [
  { at: "/", key: "nav.wallboard", need: "see_live" },
  { at: "/lead", key: "nav.lead", need: "steer_queues" },
  { at: "/agent", key: "nav.agent", need: "set_own_state" },
  { at: "/boards", key: "nav.boards", need: "edit_boards" },
  { at: "/qa", key: "nav.qa", need: "see_contacts" },
  { at: "/reports", key: "nav.reports", need: "see_reports" },
  { at: "/admin", key: "nav.admin", need: "see_centre" },
];

async function logout() {
  await api("/logout", { method: "POST" }).catch(() => {});
  location.href = "/login";
}

export const LangButton = () => html`<button class="btn q" onClick=${() => setLang(lang.value === "zh-CN" ? "en-US" : "zh-CN")}>${t("lang.other")}</button>`;

/** @param {{ children?: any }} p */
export const Head = ({ children }) => html`<header class="head">
  <b>Hotline</b>
  <nav aria-label=${t("nav.label")}>
    ${places
      .filter((p) => may(p.need))
      .map((p) => html`<a href=${p.at} class=${p.at === location.pathname ? "here" : ""} aria-current=${p.at === location.pathname ? "page" : undefined}>${t(/** @type {any} */ (p.key))}</a>`)}
  </nav>
  ${children}
  <span class="sp"></span>
  <${LangButton} />
  <a class="d who" href="/mine" title=${t("admin.mine")} aria-current=${location.pathname === "/mine" ? "page" : undefined}>${me.value?.user}</a>
  <button class="btn q" onClick=${logout}>${t("nav.logout")}</button>
</header>`;

/** A list without rows. @param {{ state: "loading" | "empty" | "error", text?: string, retry?: () => void }} p */
export const Blank = ({ state, text, retry }) =>
  state === "loading"
    ? html`<div class="blank loading" aria-busy="true"><i></i><i></i><i></i></div>`
    : html`<div class=${"blank " + state} role=${state === "error" ? "alert" : "status"}>
        <p>${text}</p>
        ${retry && html`<button class="btn" onClick=${retry}>${t("list.retry")}</button>`}
      </div>`;
