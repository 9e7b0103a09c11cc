// What the page asks the engine for: the span in the address, and the reports of it.
import { signal } from "../shared/lib.js";
import { t } from "../shared/text.js";
import { api, Problem } from "../shared/api.js";
import { dateOf, dayStart } from "../shared/format.js";

export const periods = ["today", "yesterday", "week", "month", "last_month"];
export const intervals = ["15m", "30m", "1h", "1d", "1w"];

/** What is shown; from and to are dates of the centre, both included. @typedef {{ period: string, from: string, to: string, interval: string, queue: string }} Asked */

/** A date some days on. @param {string} date @param {number} days */
const plus = (date, days) => new Date(Date.parse(date + "T12:00:00Z") + days * 86400_000).toISOString().slice(0, 10);

/** The dates of a period. @param {string} period @param {string} today @returns {[string, string]} */
function dates(period, today) {
  const first = today.slice(0, 8) + "01";
  switch (period) {
    case "yesterday":
      return [plus(today, -1), plus(today, -1)];
    case "week":
      return [plus(today, -((new Date(today + "T12:00:00Z").getUTCDay() + 6) % 7)), today];
    case "month":
      return [first, today];
    case "last_month":
      return [plus(first, -1).slice(0, 8) + "01", plus(first, -1)];
  }
  return [today, today];
}

/** @returns {Asked} */
function read() {
  const q = new URLSearchParams(location.search);
  const date = /^\d{4}-\d\d-\d\d$/;
  let [from, to] = [q.get("from") ?? "", q.get("to") ?? ""];
  let period = q.get("period") ?? "";
  if (date.test(from) && date.test(to) && from <= to) period = "";
  else {
    if (!periods.includes(period)) period = "today";
    [from, to] = dates(period, dateOf(Date.now()));
  }
  const days = (Date.parse(to) - Date.parse(from)) / 86400_000 + 1;
  const interval = q.get("interval") ?? "";
  return { period, from, to, queue: q.get("queue") ?? "", interval: intervals.includes(interval) ? interval : days <= 1 ? "30m" : days <= 4 ? "1h" : "1d" };
}

/** @type {import("../shared/lib.js").Signal<Asked>} */
export const asked = signal({ period: "today", from: "", to: "", interval: "30m", queue: "" });
/** The reports; null before the first. @type {import("../shared/lib.js").Signal<any>} */
export const got = signal(null);
export const busy = signal(true);
export const problem = signal("");

/** The span as the API takes it. */
export function span() {
  const { from, to } = asked.value;
  return { from: dayStart(from), to: dayStart(plus(to, 1)) };
}

/** The address of a report. @param {string} name @param {Record<string, string>} more */
export function address(name, more = {}) {
  const q = new URLSearchParams({ ...span(), ...more });
  for (const [k, v] of [...q]) if (!v) q.delete(k);
  return `/reports/${name}?${q}`;
}

let run = 0;

export async function load() {
  asked.value = read();
  const mine = ++run;
  busy.value = true;
  try {
    const { interval, queue, from } = asked.value;
    const [queues, course, agents, kpi] = await Promise.all([
      api(address("queues")), api(address("queues", { interval, queue })), api(address("agents")), api("/reports/kpi?month=" + from.slice(0, 7)),
    ]);
    if (mine !== run) return;
    got.value = { queues, course: queue ? course.rows : course.totals, agents, kpi };
    problem.value = "";
  } catch (e) {
    if (mine !== run) return;
    problem.value = e instanceof Problem && e.status ? t("reports.failed", { detail: `${e.message} (${e.status})` }) : t("error.unreachable");
  }
  busy.value = false;
}

/** Changes what is asked for. @param {Record<string, string>} change */
export function ask(change) {
  const q = new URLSearchParams(location.search);
  for (const [k, v] of Object.entries(change)) {
    if (v) q.set(k, v);
    else q.delete(k);
  }
  history.pushState(null, "", q.size ? "?" + q : location.pathname);
  load();
}
