// The columns of the queue report: counts that add up, service levels in every definition, times, and where the rest went.
import { html } from "../shared/lib.js";
import { grade } from "../shared/format.js";
import { asked, ask } from "./source.js";
import { Holds } from "./table.js";
import { t } from "../shared/text.js";
import { levelRules } from "../shared/rules.js";

/** @typedef {import("./table.js").Column} Column */

/** Where a row's contacts are to be looked for. @param {any} r @returns {{ queue: string, from: string, to: string }} */
const of = (r) => ({ queue: r.queue ?? asked.value.queue, from: r.start, to: r.end });

/** A count of the row by its place in it. @param {string} figure @param {any} r */
const at = (figure, r) => figure.split(".").reduce((v, k) => v?.[k], r);

/** @param {string} figure @param {Partial<Column>} [more] @returns {Column} */
const count = (figure, more) => ({
  id: figure.replace(/^\w+_by\./, (g) => g.slice(0, 4) + "_").replace("rings.", "ring_"), unit: "n", value: (r) => at(figure, r), drill: (r) => ({ figure, ...of(r) }), ...more,
});

/** The level of a row in a definition; its own where the engine gives one. @param {any} r @param {string} def */
export const levelOf = (r, def) => (def === "level" ? (r.level ?? r.levels.v1) : r.levels[def]);

/** The definition as the lists of contacts know it. @param {any} r @param {string} def */
const listed = (r, def) => (def === "level" && !r.level ? "v1" : def);

/** @param {string} def @param {Partial<Column>} [more] @returns {Column} */
const level = (def, more) => ({
  id: def, unit: "ratio", formula: def, value: (r) => levelOf(r, def).ratio,
  target: (r) => (["level", "v1"].includes(def) ? r.target_ratio || undefined : undefined),
  drill: (r) => ({ figure: "out " + listed(r, def), ...of(r) }), ...more,
});

/** @param {string} id @param {string} field @param {Partial<Column>} [more] @returns {Column} */
const mean = (id, field, more) => ({ id, unit: "s", formula: id, value: (r) => r[field], ...more });

/** The contacts that a mean is of, the longest wait first. @param {string} figure @returns {Partial<Column>} */
const longest = (figure) => ({ drill: (r) => ({ figure, ...of(r), order: "longest" }) });

/** @param {string} id @returns {Column} */
const wait = (id) => ({ id, unit: "dur", value: (r) => r.waits[id + "_ms"], drill: (r) => ({ figure: "offered", ...of(r), order: "longest" }) });

/** Whether both identities of the account hold: the row shows it. @param {any} r */
const adds = (r) => r.requested === r.blocked + r.offered && r.offered === r.answered + r.abandoned + r.flow_out + r.lost + r.waiting;

/** @param {any} r */
const pick = (r) => ask({ queue: asked.value.queue === r.queue ? "" : r.queue });

/** The queue with the rules of its own level. @type {Column} */
export const queueRules = {
  id: "queue", width: "rules", value: (r) => r.name || r.queue || "",
  show: (r) => html`${queueName.show?.(r)}<small class="cut" title=${levelRules(r.definition)}>${levelRules(r.definition) || "\u00a0"}</small>`,
};

/** @type {Column} */
export const queueName = {
  id: "queue", width: "name", value: (r) => r.name || r.queue || "",
  show: (r) => (r.queue ? html`<button class="pick" aria-pressed=${asked.value.queue === r.queue} onClick=${() => pick(r)}>${r.name || r.queue}</button>` : t("reports.all")),
};

/** A row of time; an open one says so. @type {Column} */
export const timeName = {
  id: "time", width: "time", value: (r) => r.start ?? "",
  show: (r) => html`${timeOf(r)}${r.open && html`<span class="open" title=${t("reports.notFinal")}>○<span class="vh">${t("reports.notFinal")}</span></span>`}`,
};

/** The start of a row as short as it can be. @param {any} r */
export function timeOf(r) {
  const days = asked.value.from !== asked.value.to;
  switch (asked.value.interval) {
    case "1y":
      return r.label.slice(0, 4);
    case "1M":
      return r.label.slice(0, 7);
    case "1w":
    case "1d":
      return r.label.slice(0, 10);
  }
  return days ? r.label.slice(5, 16).replace("T", " ") : r.label.slice(11, 16);
}

/** A row far off its target is tinted as a whole. @param {any} r */
export const off = (r) => (r.queue && grade(levelOf(r, asked.value.def).ratio, r.target_ratio || undefined) === "crit" ? "f" : "");

export const sets = ["counts", "levels", "times", "flow"];

/** @param {string} set @returns {Column[]} */
export function columns(set) {
  const def = asked.value.def;
  switch (set) {
    case "levels": {
      const parts = (/** @type {string} */ d) => ({ parts: (/** @type {any} */ r) => levelOf(r, d) });
      const rest = ["v1", "v2", "v3", "v3_offered", "v4", "v5", "v6", "cn20", "connect", "abandon", "abandon_excl"];
      return [level("level", { strong: true, ...parts("level") }), ...rest.map((d) => level(d, { ...parts(d), target: undefined }))];
    }
    case "times":
      return [
        mean("asa", "asa_ms", { strong: true, ...longest("answered") }), mean("avg_abandon", "avg_abandon_ms", longest("abandoned")), mean("avg_wait", "avg_wait_ms", longest("offered")),
        ...["p50", "p90", "p95", "p99", "max"].map(wait),
        mean("ring", "avg_ring_ms"), mean("talk", "avg_talk_ms"), mean("hold", "avg_hold_ms"), mean("acw", "avg_acw_ms"), mean("aht", "aht_ms"), count("handled"), count("held"),
      ];
    case "flow":
      return [
        count("blocked", { strong: true }), ...["full", "closed", "no_staff", "refused"].map((x) => count("blocked_by." + x)),
        count("flow_out", { strong: true }), ...["overflow", "timeout", "key", "callback", "voicemail", "moved", "closed", "no_agents"].map((x) => count("flow_out_by." + x)),
        count("dequeued"),
      ];
  }
  return [
    count("requested"), count("blocked"), count("offered", { strong: true }), count("answered"), count("answered_within"), count("abandoned"), count("abandoned_short"),
    count("flow_out"), count("lost"), count("waiting"),
    level(def, { head: undefined, strong: true, target: (r) => r.target_ratio || undefined }), level("abandon", { drill: (r) => ({ figure: "abandoned", ...of(r) }) }),
    mean("asa", "asa_ms", longest("answered")), { id: "p95", unit: "dur", value: (r) => r.waits.p95_ms, drill: (r) => ({ figure: "offered", ...of(r), order: "longest" }) },
    { id: "adds", width: "word", show: (r) => html`<${Holds} ok=${adds(r)} word=${t(adds(r) ? "reports.adds" : "reports.addsNot")} />` },
  ];
}
