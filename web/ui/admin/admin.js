// The admin page: the centre in force, part by part, and everything that can be changed of it while calls go on.
import { html, render, signal, effect } from "../shared/lib.js";
import { t } from "../shared/text.js";
import { enter, may, Head, Blank } from "../shared/shell.js";
import { load, loaded, problem, drop } from "./file.js";
import { Overview, loadHealth } from "./overview.js";
import { Part } from "./part.js";
import { Review } from "./review.js";
import { Text } from "./source.js";
import { Flows } from "./flows.js";
import { Settings } from "./settings.js";
import { Versions } from "./versions.js";
import { Tables } from "./tables.js";
import { Prompts } from "./prompts.js";
import { Phones } from "./phones.js";
import { Logins, loadLogins } from "./logins.js";
import { Mine } from "./mine.js";
import { Audit } from "./audit.js";

/**
 * The sections: a key that goes there, a word, what shows it. An `own` one does its changes by itself.
 * @type {{ id: string, key: string, word: () => string, show: () => any, need?: string, own?: boolean }[]}
 */
const sections = [
  { id: "overview", key: "o", word: () => t("admin.overview"), show: () => html`<${Overview} />`, own: true },
  { id: "agents", key: "a", word: () => t("admin.agents"), show: () => html`<${Part} kind="agents" />` },
  { id: "teams", key: "t", word: () => t("admin.teams"), show: () => html`<${Part} kind="teams" />` },
  { id: "queues", key: "q", word: () => t("admin.queues"), show: () => html`<${Part} kind="queues" />` },
  { id: "reasons", key: "r", word: () => t("admin.reasons"), show: () => html`<${Part} kind="not_ready_reasons" />` },
  { id: "codes", key: "c", word: () => t("admin.codes"), show: () => html`<${Part} kind="wrap_up_codes" />` },
  { id: "flows", key: "g", word: () => t("admin.flowForms"), show: () => html`<${Flows} />` },
  { id: "numbers", key: "n", word: () => t("admin.numbers"), show: () => html`<${Part} kind="numbers" />` },
  { id: "hours", key: "h", word: () => t("admin.hours"), show: () => html`<${Part} kind="hours" />` },
  { id: "shifts", key: "w", word: () => t("admin.shifts"), show: () => html`<${Part} kind="shifts" />` },
  { id: "callers", key: "b", word: () => t("admin.callers"), show: () => html`<${Part} kind="tables" />` },
  { id: "desks", key: "d", word: () => t("admin.desks"), show: () => html`<${Part} kind="desks" />` },
  { id: "switches", key: "s", word: () => t("admin.switches"), show: () => html`<${Part} kind="switches" />` },
  { id: "settings", key: "e", word: () => t("admin.settings"), show: () => html`<${Settings} />` },
  { id: "text", key: "f", word: () => t("admin.text"), show: () => html`<${Text} />` },
  { id: "versions", key: "v", word: () => t("admin.versions"), show: () => html`<${Versions} />` },
  { id: "tables", key: "i", word: () => t("admin.tables"), show: () => html`<${Tables} />` },
  { id: "prompts", key: "p", word: () => t("admin.prompts"), show: () => html`<${Prompts} />`, own: true },
  { id: "phones", key: "k", word: () => t("admin.phones"), show: () => html`<${Phones} />`, own: true, need: "see_centre" },
  { id: "logins", key: "l", word: () => t("admin.logins"), show: () => html`<${Logins} />`, own: true, need: "manage_logins" },
  { id: "mine", key: "m", word: () => t("admin.mine"), show: () => html`<${Mine} />`, own: true },
  { id: "audit", key: "j", word: () => t("admin.audit"), show: () => html`<${Audit} />`, own: true, need: "see_audit" },
];

const here = signal("overview");

/** @param {{ own?: boolean, need?: string }} s */
const open = (s) => (s.need ? may(s.need) : s.own ? may("see_centre") : may("edit_centre"));

function route() {
  const id = location.hash.slice(1).split("/")[0];
  const found = sections.find((s) => s.id === id && open(s));
  const next = found?.id ?? "overview";
  if (next !== here.value) drop();
  here.value = next;
}

/** Keys without modifiers go to a section, unless somebody writes. @param {KeyboardEvent} e */
function key(e) {
  const at = /** @type {HTMLElement} */ (e.target);
  if (e.ctrlKey || e.altKey || e.metaKey || at.closest("input,select,textarea,[contenteditable]")) return;
  const found = sections.find((s) => s.key === e.key && open(s));
  if (!found) return;
  e.preventDefault();
  location.hash = found.id;
}

const Rail = () => html`<nav class="rail" aria-label=${t("admin.sections")}>
  ${sections.filter(open).map(
    (s) => html`<a key=${s.id} href=${"#" + s.id} class=${here.value === s.id ? "here" : ""} aria-current=${here.value === s.id ? "true" : undefined}><span>${s.word()}</span><kbd aria-hidden="true">${s.key}</kbd></a>`,
  )}
</nav>`;

const Page = () => {
  let body = html`<${Blank} state="loading" />`;
  const s = sections.find((x) => x.id === here.value);
  if (problem.value) body = html`<${Blank} state="error" text=${problem.value} retry=${may("see_centre") && start} />`;
  else if (loaded.value && s) body = html`<div class="section" key=${s.id}>${s.show()}</div><${Review} />`;
  return html`<${Head} /><main><h1 class="off">${t("nav.admin")}</h1><${Rail} /><div class="work">${body}</div></main>`;
};

async function start() {
  await load(loadHealth, async () => void (may("manage_logins") && (await loadLogins())));
}

effect(() => void (document.title = `${t("nav.admin")} — Hotline`));
addEventListener("hashchange", route);
addEventListener("keydown", key);
render(html`<${Page} />`, document.body);
await enter();
route();
await start();
