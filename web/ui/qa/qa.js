// The page of contacts and recordings: a searched list, and one contact with its audio. The address holds what is shown.
import { html, render, signal } from "../shared/lib.js";
import { t } from "../shared/text.js";
import { api } from "../shared/api.js";
import { enter, Head } from "../shared/shell.js";
import { loadCodes } from "../shared/codes.js";
import { names } from "./names.js";
import { List, search, items } from "./list.js";
import { Detail } from "./detail.js";

const open = signal(new URLSearchParams(location.search).get("id") ?? "");

/** Shows a contact, or with an empty id the list again. @param {string} id */
function show(id) {
  const q = new URLSearchParams(location.search);
  if (id) q.set("id", id);
  else q.delete("id");
  history.pushState(null, "", q.size ? "?" + q : location.pathname);
  open.value = id;
}

/** The contact before or after the one shown, in the order of the list. @param {number} step */
function move(step) {
  const i = items.value.findIndex((c) => c.id === open.value);
  const next = i < 0 ? undefined : items.value[i + step];
  if (next) show(next.id);
}

window.addEventListener("popstate", () => {
  open.value = new URLSearchParams(location.search).get("id") ?? "";
  search(false);
});

document.addEventListener("keydown", (e) => {
  const at = /** @type {HTMLElement} */ (e.target);
  if (e.key === "Escape" && open.value) return show("");
  if (e.key === "/" && !/^(INPUT|SELECT|TEXTAREA)$/.test(at.tagName) && !e.ctrlKey && !e.metaKey) {
    e.preventDefault();
    if (open.value) show("");
    requestAnimationFrame(() => document.getElementById("number")?.focus());
  }
  if (open.value && e.shiftKey && e.key === "ArrowLeft") move(-1);
  if (open.value && e.shiftKey && e.key === "ArrowRight") move(1);
});

const Page = () => {
  document.title = t("qa.title");
  const i = items.value.findIndex((c) => c.id === open.value);
  return html`<${Head}>${open.value && i >= 0 && html`<span class="m">${t("qa.place", { n: i + 1, of: items.value.length })}</span>`}<//>
    ${open.value
      ? html`<${Detail} key=${open.value} id=${open.value} back=${() => show("")} before=${i > 0 && (() => move(-1))} after=${i >= 0 && i + 1 < items.value.length && (() => move(1))} />`
      : html`<${List} show=${show} />`}`;
};

await enter();
// The names of queues and agents; without them the ids stand in their place.
api("/live").then((v) => names.take(v), () => {});
loadCodes();
search(false);
render(html`<${Page} />`, document.body);
