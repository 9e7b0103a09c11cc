// The views of the page, in the order of its navigation. Whoever adds a view adds a line here, its words under "view.<id>" in
// both texts, and a module that exports View: a component without properties, which reads what is asked for from source.js
// (asked, span, address), fetches by useReport and shows by Got and Part of parts.js. It is loaded when it is first opened.

/**
 * What stands in the bar above the view; each is a part of the address, so that a link shows the same.
 * @typedef {"period" | "interval" | "queue" | "agent" | "team" | "by" | "def" | "compare"} Filter
 */
/** @typedef {{ id: string, group: "sum" | "queues" | "people" | "customers" | "lines" | "plan", filters: Filter[], load: () => Promise<{ View: any }> }} Entry */

/** @type {Entry[]} */
export const views = [
  { id: "overview", group: "sum", filters: ["period", "interval", "queue", "def", "by", "compare"], load: () => import("./overview.js") },
  { id: "sheet", group: "sum", filters: [], load: () => import("./sheet.js") },
  { id: "saved", group: "sum", filters: [], load: () => import("./saved.js") },
  { id: "queues", group: "queues", filters: ["period", "interval", "queue", "def", "by", "compare"], load: () => import("./queues.js") },
  { id: "handover", group: "queues", filters: ["period", "by", "compare"], load: () => import("./handover.js") },
  { id: "heatmap", group: "queues", filters: ["period", "queue"], load: () => import("./heatmap.js") },
  { id: "ivr", group: "queues", filters: ["period"], load: () => import("./ivr.js") },
  { id: "agents", group: "people", filters: ["period", "interval", "team", "agent", "compare"], load: () => import("./agents.js") },
  { id: "teams", group: "people", filters: ["period", "interval", "team", "compare"], load: () => import("./teams.js") },
  { id: "timeline", group: "people", filters: ["team", "agent"], load: () => import("./timeline.js") },
  { id: "abandoned", group: "customers", filters: ["period", "queue"], load: () => import("./abandoned.js") },
  { id: "callbacks", group: "customers", filters: ["period", "queue", "compare"], load: () => import("./callbacks.js") },
  { id: "fcr", group: "customers", filters: ["period", "queue", "team", "agent"], load: () => import("./fcr.js") },
  { id: "survey", group: "customers", filters: ["period", "queue", "team", "agent"], load: () => import("./survey.js") },
  { id: "quality", group: "lines", filters: ["period", "agent"], load: () => import("./quality.js") },
  { id: "trunks", group: "lines", filters: ["period", "interval"], load: () => import("./trunks.js") },
  { id: "peaks", group: "lines", filters: ["period", "interval", "queue"], load: () => import("./peaks.js") },
  { id: "forecast", group: "plan", filters: ["queue"], load: () => import("./forecast.js") },
  { id: "staffing", group: "plan", filters: [], load: () => import("./staffing.js") },
];
