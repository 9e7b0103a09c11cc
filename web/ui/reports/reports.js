// The page of reports: the views on the left, what they are asked for above, one view at a time.
import { html, render } from "../shared/lib.js";
import { useEffect, useState } from "../vendor/preact/hooks.module.js";
import { t, code } from "../shared/text.js";
import { enter, Head, Blank } from "../shared/shell.js";
import { loadCodes } from "../shared/codes.js";
import { asked, ask, follow, place, reload, cleared } from "./source.js";
import { drilled, leave, Drilled } from "./drill.js";
import { Formula, loadDefinitions, shut } from "./formula.js";
import { Printed } from "./printed.js";
import { Filters, Stand } from "./filters.js";
import { views } from "./views.js";
import { names } from "../qa/names.js";
import { api } from "../shared/api.js";

/** @param {MouseEvent} e @param {string} view */
function open(e, view) {
  if (e.ctrlKey || e.metaKey || e.shiftKey || e.button) return; // a new tab is the browser's
  e.preventDefault();
  ask({ ...cleared(), view });
}

/** The view before or after, in the order of the navigation. @param {number} step */
function turn(step) {
  const i = views.findIndex((v) => v.id === asked.value.view);
  const next = views[(i + step + views.length) % views.length];
  ask({ ...cleared(), view: next.id });
  requestAnimationFrame(() => /** @type {HTMLElement | null} */ (document.querySelector(".views .here"))?.focus());
}

const Views = () => {
  /** @type {string[]} */
  const groups = [];
  for (const v of views) if (!groups.includes(v.group)) groups.push(v.group);
  const keys = (/** @type {KeyboardEvent} */ e) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[e.key];
    if (!step) return;
    e.preventDefault();
    turn(step);
  };
  return html`<nav class="views noprint" aria-label=${t("reports.views")} onKeyDown=${keys}>
    ${groups.map(
      (g) => html`<div role="group" aria-label=${code("viewgroup", g)}>
        ${views
          .filter((v) => v.group === g)
          .map((v) => html`<a key=${v.id} href=${place({ ...cleared(), view: v.id })} class=${v.id === asked.value.view ? "here" : ""} aria-current=${v.id === asked.value.view ? "page" : undefined} onClick=${(/** @type {MouseEvent} */ e) => open(e, v.id)}>${code("view", v.id)}</a>`)}
      </div>`,
    )}
    <p class="d"><kbd>[</kbd> <kbd>]</kbd> ${t("reports.turn")}</p>
  </nav>`;
};

/** The view that the address names, loaded when it is first opened. @param {{ id: string }} p */
const Loaded = ({ id }) => {
  const [got, set] = useState(/** @type {{ id: string, View: any, failed?: boolean }} */ ({ id: "", View: null }));
  const [again, retry] = useState(0);
  useEffect(() => {
    let gone = false;
    views.find((v) => v.id === id)?.load().then(
      (m) => gone || set({ id, View: m.View }),
      () => gone || set({ id, View: null, failed: true }),
    );
    return () => {
      gone = true;
    };
  }, [id, again]);
  if (got.id !== id) return html`<${Blank} state="loading" />`;
  if (got.failed) return html`<${Blank} state="error" text=${t("error.unreachable")} retry=${() => retry(again + 1)} />`;
  return html`<${got.View} />`;
};

const Page = () => {
  const { view } = asked.value;
  document.title = `${code("view", view)} · ${t("reports.title")}`;
  return html`<${Head}><${Stand} /><//>
    <${Filters} />
    <div class="body"><${Views} /><main>
      <h1 class="vh">${code("view", view)}</h1>
      <${Printed} />
      <div key=${view} hidden=${!!drilled()}><${Loaded} id=${view} /></div>
      ${drilled() && html`<${Drilled} />`}
    </main></div>
    <${Formula} />`;
};

document.addEventListener("keydown", (e) => {
  if (e.ctrlKey || e.metaKey || e.altKey || /^(INPUT|SELECT|TEXTAREA)$/.test(/** @type {HTMLElement} */ (e.target).tagName)) return;
  if (e.key === "Escape" && !shut() && drilled()) leave();
  if (e.key === "p") print();
  if (e.key === "r") reload();
  if (e.key === "[") turn(-1);
  if (e.key === "]") turn(1);
});
window.addEventListener("popstate", follow);

await enter();
follow();
loadCodes();
loadDefinitions();
// The names of queues, teams and agents; without them the ids stand in their place.
api("/live").then((v) => names.take(v), () => {});
render(html`<${Page} />`, document.body);
