// What holds for the centre as a whole: a form for each group of settings, checked as it is filled in.
import { html, signal, effect, Glyph } from "../shared/lib.js";
import { t, code } from "../shared/text.js";
import { inForce, propose, proposal, drop } from "./file.js";
import { Input } from "./inputs.js";
import { patch } from "./rules.js";

/** @typedef {import("./inputs.js").Field} Field */

/** Groups of fields; the key of one is the way to it. @type {{ id: string, fields: Field[] }[]} */
const groups = [
  {
    id: "centre",
    fields: [
      { key: "name", wide: true },
      { key: "time_zone", usual: "UTC" },
      { key: "language", type: "choice", choices: ["zh-CN", "en-US"] },
      { key: "numbers_shown", type: "bool", usual: "true" },
      { key: "supervision.shown", type: "bool", usual: "false" },
    ],
  },
  {
    id: "order",
    fields: [{ key: "order.rule", type: "choice", choices: ["strict", "aged", "delay_ratio", "queue_ratio"], usual: "strict", wide: true }, { key: "order.ageing" }, { key: "order.give_way" }, { key: "order.ring" }],
  },
  {
    id: "missed",
    fields: [
      { key: "missed_offers.limit", type: "number", usual: "1" },
      { key: "missed_offers.rest.no_answer", usual: "10s" },
      { key: "missed_offers.rest.rejected", usual: "5s" },
      { key: "missed_offers.rest.busy", usual: "30s" },
      { key: "missed_offers.rest.unreachable", usual: "1m" },
    ],
  },
  { id: "hand_over", fields: [{ key: "hand_over.rule", type: "choice", choices: ["refuse", "queue"] }, { key: "hand_over.grace", usual: "30m" }] },
  {
    id: "consent",
    fields: [
      { key: "consent.rule", type: "choice", choices: ["announce", "ask"] },
      { key: "consent.refuse", usual: "9" },
      { key: "consent.prompt", type: "prompt", usual: "consent", wide: true },
    ],
  },
  {
    id: "dial_out",
    fields: [
      { key: "dial_out.allow", type: "list", wide: true },
      { key: "dial_out.deny", type: "list", wide: true },
      { key: "dial_out.trunk" },
      { key: "dial_out.from" },
      { key: "dial_out.record", type: "choice", choices: ["always", "never"], usual: "always" },
      { key: "emergency_numbers", type: "list" },
    ],
  },
];

const REST = 500; // after the last change the engine is asked
/** What is written otherwise than in force, by the first key. @type {import("../shared/lib.js").Signal<Record<string, any>>} */
const draft = signal({});
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

effect(() => {
  if (inForce.value.sha256) draft.value = {}; // another file came in force
});

function forget() {
  clearTimeout(timer);
  draft.value = {};
  drop();
}

function look() {
  const edits = Object.entries(draft.value).flatMap(([key, now]) => {
    const value = patch(inForce.value.file[key], now);
    return value === undefined || (value === null && inForce.value.file[key] === undefined) ? [] : [{ path: [key], value }];
  });
  if (edits.length) propose(edits, "settings", { back: forget });
  else drop();
}

/** A map with a value at keys; maps that hold nothing any more go. @param {any} m @param {string[]} keys @param {any} v @returns {any} */
function put(m, [k, ...rest], v) {
  const next = { ...(m ?? {}) };
  const inner = rest.length ? put(next[k], rest, v) : v;
  if (inner === undefined) delete next[k];
  else next[k] = inner;
  return Object.keys(next).length ? next : undefined;
}

/** @param {string} top */
const now = (top) => (top in draft.value ? draft.value[top] : inForce.value.file[top]);

/** @param {Field} f */
function value(f) {
  const [top, ...rest] = f.key.split(".");
  return rest.reduce((v, k) => v?.[k], now(top));
}

/** @param {Field} f @param {any} v */
function set(f, v) {
  const [top, ...rest] = f.key.split(".");
  draft.value = { ...draft.value, [top]: rest.length ? put(now(top), rest, v) : v };
  if (proposal.value) proposal.value = { ...proposal.value, stale: true };
  clearTimeout(timer);
  timer = setTimeout(look, REST);
}

export const Settings = () => {
  const faults = proposal.value?.from === "settings" ? proposal.value.answer.faults : [];
  return html`<div class="settings">${groups.map(
    (g) => html`<section key=${g.id} aria-labelledby=${"set-" + g.id}><h2 id=${"set-" + g.id}>${code("settings", g.id)}</h2>
      <p class="d">${code("settingsHint", g.id)}</p>
      <div class="fields">${g.fields.map((f) => {
        const bad = faults.find((/** @type {any} */ x) => x.key === f.key || x.key.startsWith(f.key + "["));
        return html`<${Input} key=${f.key} id=${"set-" + f.key.replaceAll(".", "-")} of=${f.key.replaceAll(".", "_")} f=${f} value=${value(f)} set=${(/** @type {any} */ v) => set(f, v)} file=${inForce.value.file} />
          ${bad && html`<p class="crit wide"><${Glyph} name="crit" /> ${bad.problem}${bad.want && html`<span class="m"> — ${bad.want}</span>`}</p>`}`;
      })}</div></section>`,
  )}<p class="d">${t("admin.settingsHint")}</p></div>`;
};
