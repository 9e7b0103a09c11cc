// What the page asks the engine for: the address says what is shown, and every view fetches by it.
import { signal } from "../shared/lib.js";
import { useEffect, useState } from "../vendor/preact/hooks.module.js";
import { t } from "../shared/text.js";
import { api, Problem } from "../shared/api.js";
import { dateOf, dayStart } from "../shared/format.js";
import { views } from "./views.js";
import { plus, days, dates, periods, compares, earlier } from "./span.js";

export const intervals = ["15m", "30m", "1h", "1d", "1w", "1M", "1y"];
export const attributions = ["arrival", "wait_end", "completion"];
/** The service levels that can stand in front; level is the queue's own. */
export const definitions = ["level", "v1", "v2", "v3", "v3_offered", "v4", "v5", "v6", "cn20"];

/**
 * What is shown; from and to are dates of the centre, both included. What a view asks for beside it is in more.
 * @typedef {{ view: string, period: string, from: string, to: string, interval: string, queue: string, agent: string, team: string,
 *   by: string, def: string, compare: string, more: Record<string, string> }} Asked
 */

const own = ["view", "period", "from", "to", "interval", "queue", "agent", "team", "by", "def", "compare", "lang"];

/** @param {string | null} v @param {string[]} list @param {string} or */
const one = (v, list, or) => (v && list.includes(v) ? v : or);

/** @returns {Asked} */
function read() {
  const q = new URLSearchParams(location.search);
  const date = /^\d{4}-\d\d-\d\d$/;
  let [from, to] = [q.get("from") ?? "", q.get("to") ?? ""];
  let period = "";
  if (!(date.test(from) && date.test(to) && from <= to)) {
    period = one(q.get("period"), periods, "today");
    [from, to] = dates(period, dateOf(Date.now()));
  }
  const n = days(from, to);
  return {
    view: one(q.get("view"), views.map((v) => v.id), views[0].id),
    period, from, to,
    interval: one(q.get("interval"), intervals, n <= 1 ? "30m" : n <= 4 ? "1h" : n <= 92 ? "1d" : "1M"),
    queue: q.get("queue") ?? "", agent: q.get("agent") ?? "", team: q.get("team") ?? "",
    by: one(q.get("by"), attributions, "arrival"),
    def: one(q.get("def"), definitions, "level"),
    compare: one(q.get("compare"), compares, ""),
    more: Object.fromEntries([...q].filter(([k]) => !own.includes(k))),
  };
}

/** @type {import("../shared/lib.js").Signal<Asked>} */
export const asked = signal(/** @type {any} */ (null));

/** Takes what the address says; the first time once the centre's time zone is known. */
export const follow = () => (asked.value = read());

/** What only the view shown understands: another view begins without it. */
export const cleared = () => Object.fromEntries(Object.keys(asked.value.more).map((k) => [k, ""]));

/** What is asked for as it stands in the address, changed. @param {Record<string, string>} change */
function query(change) {
  const q = new URLSearchParams(location.search);
  for (const [k, v] of Object.entries(change)) {
    if (v) q.set(k, v);
    else q.delete(k);
  }
  return q;
}

/** The address of the page with something changed: for links. @param {Record<string, string>} change */
export const place = (change) => location.pathname + "?" + query(change);

/** Changes what is asked for; the way back leads to what was there. @param {Record<string, string>} change */
export function ask(change) {
  const q = query(change);
  history.pushState(null, "", q.size ? "?" + q : location.pathname);
  follow();
}

/** The span as the API takes it. */
export function span() {
  const { from, to } = asked.value;
  return { from: dayStart(from), to: dayStart(plus(to, 1)) };
}

/**
 * The earlier span to compare with; null: none. While the span shown still runs, the earlier one ends as far in as it has come.
 * @returns {{ from: string, to: string, cut: boolean } | null}
 */
export function earlierSpan() {
  const { compare, from, to } = asked.value;
  const e = earlier(compare, from, to);
  if (!e) return null;
  const s = span();
  const [start, end] = [dayStart(e[0]), dayStart(plus(e[1], 1))];
  const gone = Date.now() - Date.parse(s.from);
  const cut = Date.now() < Date.parse(s.to) && Date.parse(start) + gone < Date.parse(end);
  return { from: start, to: cut ? new Date(Date.parse(start) + Math.max(gone, 60_000)).toISOString() : end, cut };
}

/**
 * The address of a report over a span, as the API has it.
 * @param {string} name @param {Record<string, string>} [more] @param {{ from: string, to: string }} [over]
 */
export function address(name, more = {}, over = span()) {
  const q = new URLSearchParams({ from: over.from, to: over.to, ...more });
  for (const [k, v] of [...q]) if (!v) q.delete(k);
  return `/reports/${name}?${q}`;
}

/** Asked for again: by the person, or since time went on. */
const round = signal(0);
export const reload = () => round.value++;

/** As of when the view is, whether it can change any more, and whether it is behind. */
export const stand = signal(/** @type {{ asOf: string, seq: number, restated: boolean } | null} */ (null));
export const busy = signal(0);

/** @typedef {{ data: any, busy: boolean, problem: string }} Reply */

/** @param {unknown} e */
const words = (e) => (e instanceof Problem && e.status ? t("reports.failed", { detail: `${e.message} (${e.status})` }) : t("error.unreachable"));

/**
 * A report, asked for again whenever its address changes or the person wants so. What was there stays until the answer comes, also when
 * none comes; an empty path asks for nothing.
 * @param {string} path @returns {Reply}
 */
export function useReport(path) {
  const [got, set] = useState(/** @type {Reply & { path: string }} */ ({ path: "", data: null, busy: true, problem: "" }));
  const n = round.value;
  useEffect(() => {
    if (!path) return;
    const stop = new AbortController();
    busy.value++;
    api(path, { signal: stop.signal })
      .then(
        (data) => {
          if (data?.as_of) stand.value = { asOf: data.as_of, seq: data.seq ?? 0, restated: [...(data.rows ?? []), ...(data.totals ?? [])].some((r) => r.restated) };
          set({ path, data, busy: false, problem: "" });
        },
        (e) => stop.signal.aborted || set((old) => ({ path, data: same(old.path, path) ? old.data : null, busy: false, problem: words(e) })),
      )
      .finally(() => busy.value--);
    return () => stop.abort();
  }, [path, n]);
  if (!path) return { data: null, busy: false, problem: "" };
  return got.path === path ? got : { data: same(got.path, path) ? got.data : null, busy: true, problem: "" };
}

/** Whether two addresses ask for the same report, of whatever. @param {string} a @param {string} b */
const same = (a, b) => a.split("?")[0] === b.split("?")[0];
