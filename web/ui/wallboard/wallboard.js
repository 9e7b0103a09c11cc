// The board of a screen, read from five metres: at / for who is logged in, at /board/NAME for screens.
import { html, render, signal, effect } from "../shared/lib.js";
import { t, lang, setLang, suggestLang } from "../shared/text.js";
import { clock, day, zone } from "../shared/format.js";
import { view, now, stale, tries, start, refused } from "../shared/live.js";
import { me, may, enter, places, LangButton } from "../shared/shell.js";
import { reasons } from "../shared/reasons.js";
import { Fresh } from "../shared/parts.js";
import { PageView } from "./tiles.js";
import { sourceOf, pageOf, turn } from "./source.js";
import { hear, silent, wake } from "./sound.js";

const name = location.pathname.startsWith("/board/") ? decodeURIComponent(location.pathname.slice("/board/".length)) : "main";

/** The key in the address was refused: said until somebody opens another. */
const keyRefused = new URLSearchParams(location.search).get("refused");

/** The one place of time that is shown: as text, for Intl. */
const instant = () => new Date(now.value).toISOString();

/** Which page stands, and which follow. @param {{ board: any }} p */
const Pages = ({ board }) => {
  if (board.pages.length < 2) return null;
  const at = pageOf(board);
  return html`<nav class="pages" aria-label=${t("wall.pages")}>
    ${board.pages.map((/** @type {any} */ _, /** @type {number} */ i) => html`<button class=${i === at ? "here" : ""} aria-current=${i === at ? "page" : undefined} aria-label=${t("wall.page", { n: i + 1 })} onClick=${() => turn(board, i - at)}></button>`)}
  </nav>`;
};

const Head = () => {
  const parts = view.value;
  const time = clock(instant());
  const page = parts && parts.board.pages[pageOf(parts.board)];
  return html`<header>
    <h1>${parts?.board.title || parts?.info.centre || me.value?.centre || "Hotline"}</h1>
    ${page?.title && html`<span class="date">${page.title}</span>`}
    ${parts && html`<${Pages} board=${parts.board} />`}
    <nav class="tools" aria-label=${t("nav.label")}>
      <${LangButton} />
      ${me.value && places.filter((p) => p.at !== "/" && may(p.need)).map((p) => html`<a href=${p.at}>${t(/** @type {any} */ (p.key))}</a>`)}
    </nav>
    <span class="sp"></span>
    ${parts?.board.sound && silent.value && html`<button class="mute" onClick=${wake}>${t("wall.silent")}</button>`}
    ${(parts || !stale.value) && html`<${Fresh} />`}
    ${parts && html`<span class="date">${day(instant())}</span><time class="clock">${time.slice(0, 5)}<span>${time.slice(5)}</span></time>`}
  </header>`;
};

/** What is said instead of a board. */
const Nothing = () => {
  const why = keyRefused === "late" ? t("wall.keyLate") : keyRefused ? t("wall.keyRefused") : refused.value?.detail;
  if (why) return html`<div class="wait" role="alert"><p class="crit">${why}</p><p>${name}</p></div>`;
  return html`<div class="wait" role="status" aria-busy=${!stale.value}>
    ${stale.value ? html`<p class="crit">${t("error.unreachable")}</p><p>${tries.value > 0 && t("live.retry", { n: tries.value })}</p>` : html`<i></i><i></i><i></i>`}
  </div>`;
};

const Page = () => {
  const parts = refused.value || keyRefused ? null : view.value;
  return html`<div class="wall"><${Head} />
    ${parts ? html`<main class=${stale.value ? "stale-area body" : "body"}><${PageView} page=${parts.board.pages[pageOf(parts.board)]} parts=${parts} /></main>` : html`<${Nothing} />`}
  </div>`;
};

/** The pointer and the links show themselves while somebody is there. */
const awake = signal(false);
/** @type {ReturnType<typeof setTimeout> | undefined} */
let sleep;
addEventListener("mousemove", () => {
  awake.value = true;
  clearTimeout(sleep);
  sleep = setTimeout(() => (awake.value = false), 3000);
});
addEventListener("keydown", (e) => {
  if (!view.value || e.altKey || e.ctrlKey || e.metaKey) return;
  if (e.key === "ArrowRight" || e.key === "PageDown") turn(view.value.board, 1);
  if (e.key === "ArrowLeft" || e.key === "PageUp") turn(view.value.board, -1);
});
effect(() => void document.body.classList.toggle("awake", awake.value));
effect(() => void (document.title = `${view.value?.board.title || t("nav.wallboard")} — ${view.value?.info.centre || me.value?.centre || "Hotline"}`));

/** The board says how it looks, in which language, and what its centre is. */
const bright = matchMedia("(prefers-color-scheme: light)");
const lit = signal(bright.matches);
bright.addEventListener("change", () => (lit.value = bright.matches));
effect(() => {
  const parts = view.value;
  if (!parts) return;
  const { board, info } = parts;
  document.documentElement.dataset.theme = board.theme === "light" || (board.theme === "auto" && lit.value) ? "light" : "wall";
  zone.value = info.time_zone ?? "";
  reasons.value = Object.entries(info.reasons ?? {}).map(([id, n]) => ({ id, name: n, allowance_ms: 0, max_at_once: 0, approve: false }));
  if (board.language && board.language !== lang.peek() && !new URLSearchParams(location.search).get("lang")) setLang(board.language, false);
  else if (!board.language) suggestLang(info.language);
});
effect(() => view.value && hear(view.value.alarms?.items ?? [], !!view.value.board.sound));

render(html`<${Page} />`, document.body);
if (!keyRefused) start(sourceOf(name));
if (name === "main" && location.pathname === "/") void enter().catch(() => {}); // the links; the board does without them
else me.value = null;
