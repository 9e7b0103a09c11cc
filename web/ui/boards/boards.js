// The boards of the screens: built from tiles by the shift lead.
import { html, render, signal, effect } from "../shared/lib.js";
import { t, code } from "../shared/text.js";
import { me, enter, Head, Blank } from "../shared/shell.js";
import { loadReasons } from "../shared/reasons.js";
import { now } from "../shared/live.js";
import { known, draft, page, chosen, said, busy, changed, canUndo, canRedo, readOnly, undo, redo, change, add, load, create, save, erase, preview } from "./model.js";
import { Canvas } from "./canvas.js";
import { Panel } from "./panel.js";
import { Screens, loadScreens } from "./screens.js";

const width = signal(800);
/** Whether the second press is asked for. */
const sure = signal("");

/** Asks for a second press where something would be lost. @param {string} what @param {boolean} ask @param {() => void} act */
const twice = (what, ask, act) => () => {
  if (ask && sure.value !== what) {
    sure.value = what;
    return;
  }
  sure.value = "";
  act();
};

const List = () => html`<nav class="boards" aria-label=${t("boards.all")}>
  <ul>${known.value.items.map((/** @type {any} */ b) => {
    const here = b.name === draft.value?.name && draft.value?.version === b.version;
    return html`<li><button class=${here ? "here" : ""} aria-current=${here ? "true" : undefined} onBlur=${() => (sure.value = "")} onClick=${twice("open " + b.name, changed.value && !here, () => load(b.name))}>
      <b>${b.title || (b.name === "main" ? t("boards.main") : b.name)}</b><span>${sure.value === "open " + b.name ? t("boards.lose") : `/board/${b.name}`}</span></button></li>`;
  })}</ul>
  <button class="btn" onClick=${twice("new", changed.value, () => create(false))}>${sure.value === "new" ? t("boards.lose") : t("boards.new")}</button>
  <button class="btn q" onClick=${() => create(true)}>${t("boards.copy")}</button>
</nav>`;

const Bar = () => {
  const b = draft.value;
  if (!b) return null;
  const main = b.name === "main";
  return html`<div class="bar">
    <div class="seg" role="group" aria-label=${t("wall.pages")}>${b.pages.map((_, i) => html`<button class=${i === page.value ? "btn on" : "btn"} aria-pressed=${i === page.value} aria-label=${t("boards.page", { n: i + 1 })} onClick=${() => ((page.value = i), (chosen.value = -1))}>${i + 1}</button>`)}</div>
    <button class="btn" disabled=${readOnly.value || b.pages.length >= 8} onClick=${() => (change((x) => void x.pages.push({ tiles: [] })), (page.value = b.pages.length), (chosen.value = -1))}>${t("boards.addPage")}</button>
    ${b.pages.length > 1 && html`<button class="btn" disabled=${readOnly.value} onClick=${() => (change((x) => void x.pages.splice(page.value, 1)), (page.value = Math.max(0, page.value - 1)), (chosen.value = -1))}>${t("boards.dropPage")}</button>`}
    <button class="btn" disabled=${!canUndo.value} aria-keyshortcuts="Control+Z" onClick=${undo}>${t("boards.undo")} <kbd>Ctrl Z</kbd></button>
    <button class="btn" disabled=${!canRedo.value} aria-keyshortcuts="Control+Y" onClick=${redo}>${t("boards.redo")} <kbd>Ctrl Y</kbd></button>
    <button class="btn" onClick=${() => (chosen.value = -1)} disabled=${chosen.value < 0}>${t("boards.settings")} <kbd>Esc</kbd></button>
    <span class="sp"></span>
    <a class="btn" href=${main ? "/" : `/board/${b.name}`} target="_blank">${t("boards.look")}</a>
    ${(b.version > 0 || !main) && html`<button class=${sure.value === "erase" ? "btn x" : "btn q"} disabled=${readOnly.value || busy.value} onBlur=${() => (sure.value = "")} onClick=${twice("erase", true, erase)}>${sure.value === "erase" ? t("boards.sure") : main ? t("boards.standard") : t("boards.erase")}</button>`}
    <button class="btn p" disabled=${!changed.value || busy.value || readOnly.value} aria-keyshortcuts="Control+S" onClick=${save}>${t("boards.save")} <kbd>Ctrl S</kbd></button>
  </div>`;
};

const Palette = () => html`<div class="palette" role="group" aria-label=${t("boards.palette")}>
  ${known.value.kinds.map((/** @type {any} */ k) => html`<button class="btn" disabled=${readOnly.value} onClick=${() => add(k.kind) && requestAnimationFrame(() => /** @type {HTMLElement | null} */ (document.querySelector(`.etile[data-i="${chosen.value}"]`))?.focus())}>+ ${code("tile", k.kind)}</button>`)}
</div>`;

const Page = () => html`<${Head} />
  ${!known.value ? html`<${Blank} state=${said.value ? "error" : "loading"} text=${said.value?.text} retry=${() => load("main")} />` : html`<div class="build">
    <${List} />
    <main>
      <h1 class="off">${t("nav.boards")}</h1>
      <${Bar} />
      <p class=${said.value?.bad ? "said crit" : "said"} role=${said.value?.bad ? "alert" : "status"}>${said.value?.text ?? (readOnly.value ? t("boards.readOnly") : t("boards.keys"))}</p>
      <${Canvas} width=${width.value} />
      <${Palette} />
      <${Screens} />
    </main>
    <${Panel} />
  </div>`}`;

addEventListener("keydown", (e) => {
  const inField = /^(INPUT|TEXTAREA|SELECT)$/.test(/** @type {HTMLElement} */ (e.target).tagName);
  const k = e.key.toLowerCase();
  if ((e.ctrlKey || e.metaKey) && k === "s") {
    e.preventDefault();
    /** @type {HTMLElement} */ (e.target).blur?.();
    if (changed.value && !busy.value) void save();
  } else if (inField) return;
  else if ((e.ctrlKey || e.metaKey) && (k === "y" || (k === "z" && e.shiftKey))) (e.preventDefault(), redo());
  else if ((e.ctrlKey || e.metaKey) && k === "z") (e.preventDefault(), undo());
  else if (e.key === "Escape") chosen.value = -1;
});
addEventListener("beforeunload", (e) => changed.value && draft.value?.may_edit !== false && e.preventDefault());

const measure = () => {
  const room = document.querySelector(".build main")?.clientWidth;
  if (room) width.value = Math.max(480, Math.min(room - 32, (innerHeight - 240) * 1.9));
};
addEventListener("resize", measure);
effect(() => known.value && draft.value && requestAnimationFrame(measure));
effect(() => void (document.title = `${t("nav.boards")} — ${me.value?.centre ?? "Hotline"}`));

/** @type {ReturnType<typeof setTimeout> | undefined} */
let soon;
effect(() => {
  if (!draft.value) return;
  clearTimeout(soon);
  soon = setTimeout(preview, 150);
});
setInterval(() => {
  now.value = Date.now();
  if (!document.hidden && !busy.value) void preview();
}, 2000);

render(html`<${Page} />`, document.body);
await enter();
await Promise.all([load("main"), loadReasons(), loadScreens()]).catch((e) => (said.value = { text: e.message || t("error.unreachable"), bad: true }));
