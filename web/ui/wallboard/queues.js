// The table of queues: as many columns as its width has room for, rows as tall as its height allows.
import { html } from "../shared/lib.js";
import { t } from "../shared/text.js";
import { dur, num, pct, grade, DASH } from "../shared/format.js";
import { levelRules, oddRules } from "../shared/rules.js";
import { since } from "../shared/live.js";
import { Bullet, Sev } from "../shared/parts.js";
import { Lane, Spark } from "./lane.js";
import { span } from "./day.js";
import { waitLevel } from "./figures.js";

const HEAD = 40;
const LOWEST = 40; // height of a row
const TALLEST = 104;

/** Columns with their widths, in the order in which they are left out where there is no room; the name and the wait stay. */
const order = ["spark", "talking", "ready", "ratio", "abandoned", "lane", "today", "bar", "soon"];
/** @type {Record<string, number>} */
const widths = { name: 176, waiting: 96, lane: 372, soon: 104, longest: 138, level: 166, bar: 126, today: 124, abandoned: 92, ratio: 96, ready: 80, talking: 80, spark: 198 };

/** Which columns a table of that width has. @param {number} width */
function columnsOf(width) {
  const gone = new Set();
  const sum = () => Object.entries(widths).reduce((n, [c, w]) => (gone.has(c) ? n : n + w), 0);
  for (const c of order) if (sum() > width) gone.add(c);
  return { has: (/** @type {string} */ c) => !gone.has(c), spare: Math.max(0, width - sum()) };
}

/** Long names get two lines. @param {string} name */
const isLong = (name) => [...name].reduce((n, c) => n + (c.charCodeAt(0) > 0x2e80 ? 2 : 1), 0) > 9;

const none = html`<span class="z">${DASH}</span>`;
const cell = (/** @type {number} */ n) => html`<span class=${n ? "" : "z"}>${num(n)}</span>`;

/** @param {{ q: any, parts: any, same: boolean, height: number, range: { from: number, to: number }, has: (c: string) => boolean }} p */
const Queue = ({ q, parts, same, height, range, has }) => {
  const longest = since(q.longest_wait_since);
  const level = grade(q.sl_30m.ratio, q.target.ratio);
  const long = isLong(q.name);
  const goal = t("wall.goal", { s: q.target.within_ms / 1000, p: pct(q.target.ratio, 0) });
  const own = [!same && goal, oddRules(q.definition)].filter((x) => x).join(" · ");
  return html`<tr>
    <th scope="row" class=${long ? "long" : ""} title=${levelRules(q.definition) || undefined}><b>${q.name}</b>${own && height >= (long ? 92 : 66) && html`<span class="cut">${own}</span>`}</th>
    <td class="n key">${cell(q.waiting)}</td>
    ${has("lane") && html`<td><${Lane} waiting=${q.waiting_since} target=${q.target.within_ms} height=${height - 4} name=${`${q.name}: ${t("wall.waiting")} ${q.waiting}`} /></td>`}
    ${has("soon") && html`<td class="n f">${q.about_to_breach ? html`<span class="soon">${q.about_to_breach}</span>` : none}</td>`}
    <td class=${`n f ${waitLevel(longest, q.target.within_ms)} ${(longest ?? 0) >= 3_600_000 ? "hours" : ""}`}>${longest === null ? none : dur(longest)}</td>
    <td class=${"n key " + level}><${Sev} level=${level} />${q.sl_30m.ratio === null ? none : pct(q.sl_30m.ratio, 0)}</td>
    ${has("bar") && html`<td><${Bullet} ratio=${q.sl_30m.ratio} target=${q.target.ratio} level=${level} /></td>`}
    ${has("today") && html`<td class="n f">${q.sl_today.ratio === null ? none : pct(q.sl_today.ratio)}</td>`}
    ${has("abandoned") && html`<td class="n f">${cell(q.today.abandoned)}</td>`}
    ${has("ratio") && html`<td class="n f m">${q.today.abandon_ratio === null ? none : pct(q.today.abandon_ratio)}</td>`}
    ${has("ready") && html`<td class="n f">${cell(q.ready)}</td>`}
    ${has("talking") && html`<td class="n f m">${cell(q.talking)}</td>`}
    ${has("spark") && html`<td class="spark"><${Spark} today=${parts["queue-day:" + q.id] ?? []} before=${parts["queue-before:" + q.id] ?? []} forecast=${parts["queue-forecast:" + q.id]} ...${range} height=${Math.min(56, height - 10)} /></td>`}
  </tr>`;
};

/** @param {import("./figures.js").TileProps} p */
export const Queues = ({ tile, parts, f, width, height }) => {
  const all = (parts["rows:" + tile.group] ?? []).map((/** @type {string} */ id) => parts["queue:" + id]).filter(Boolean);
  if (all.length === 0) return html`<p class="nothing">${t("wall.noQueues")}</p>`;
  const title = tile.title ? 36 : 0;
  const most = Math.max(1, Math.floor((height - HEAD - title) / LOWEST));
  const rows = all.length > most ? all.slice(0, most - 1) : all;
  const tall = Math.min(TALLEST, Math.floor((height - HEAD - title) / (rows.length + (rows.length < all.length ? 1 : 0))));
  const target = f?.target;
  const { has, spare } = columnsOf(width);
  const range = span({ today: parts["day:" + tile.group] ?? [], before: parts["before:" + tile.group] ?? [], forecast: parts["forecast:" + tile.group] });
  return html`${title > 0 && html`<h2 class="cap"><b>${tile.title}</b></h2>`}<table class=${tall < 60 ? "queues tight" : "queues"} style=${{ "--row-h": tall }}>
    <colgroup>${Object.entries(widths).filter(([c]) => has(c)).map(([c, w]) => html`<col style=${{ width: `calc(${c === "name" ? w + spare : w}*var(--px))` }} />`)}</colgroup>
    <thead><tr>
      <th>${t("wall.queue")}</th><th class="n">${t("wall.waiting")}</th>
      ${has("lane") && html`<th class="lanes">${t("wall.lane")}${target && html`<span class="at">${target.within_ms / 1000} s</span>`}</th>`}
      ${has("soon") && html`<th class="n">${t("wall.atRisk")}</th>`}<th class="n">${t("wall.longestShort")}</th><th class="n">${t("wall.min30")}</th>
      ${has("bar") && html`<th>${target ? t("wall.target", { p: pct(target.ratio, 0) }) : t("wall.targetOwn")}</th>`}
      ${has("today") && html`<th class="n">${t("wall.today")}</th>`}${has("abandoned") && html`<th class="n">${t("wall.abandonedShort")}</th>`}${has("ratio") && html`<th class="n">%</th>`}
      ${has("ready") && html`<th class="n">${t("state.ready")}</th>`}${has("talking") && html`<th class="n">${t("wall.talking")}</th>`}${has("spark") && html`<th class="spark">${t("wall.day")}</th>`}
    </tr></thead>
    <tbody>${rows.map((/** @type {any} */ q) => html`<${Queue} key=${q.id} q=${q} parts=${parts} same=${!!target} height=${tall} range=${range} has=${has} />`)}</tbody>
  </table>
  ${rows.length < all.length && html`<p class="nothing">${t("wall.moreQueues", { n: all.length - rows.length })}</p>`}`;
};
