// The wallboard: the whole centre on one screen, read from five metres.
import { html, render, signal, effect } from "../shared/lib.js";
import { t, lang } from "../shared/text.js";
import { dur, num, pct, grade, day, clock, DASH } from "../shared/format.js";
import { view, now, stale, tries, start, since } from "../shared/live.js";
import { me, may, enter, places, LangButton } from "../shared/shell.js";
import { Fresh, Bullet, Sev } from "../shared/parts.js";
import { Lane, Spark } from "./lane.js";
import { Day, span } from "./day.js";
import { Agents } from "./agents.js";
import { Alarms } from "./alarms.js";
import { loadReasons } from "../shared/reasons.js";

const SOON = 10_000;
const MOST = 12; // queues that a wall can show

/** The one place of time that is shown: as text, for Intl. */
const instant = () => new Date(now.value).toISOString();

const Head = () => {
  const time = clock(instant());
  return html`<header>
    <h1>${me.value?.centre || "Hotline"}</h1>
    <nav class="tools" aria-label=${t("nav.label")}>
      <${LangButton} />
      ${places.filter((p) => p.at !== "/" && may(p.need)).map((p) => html`<a href=${p.at}>${t(/** @type {any} */ (p.key))}</a>`)}
    </nav>
    <span class="sp"></span>${(view.value || !stale.value) && html`<${Fresh} />`}
    ${view.value && html`<span class="date">${day(instant())}</span><time class="clock">${time.slice(0, 5)}<span>${time.slice(5)}</span></time>`}
  </header>`;
};

/** How bad a wait is against its target. @param {number | null} ms @param {number | undefined} target */
const waitLevel = (ms, target) => (ms === null || target === undefined ? "" : ms > target ? "crit" : ms > target - SOON ? "warn" : "");

/** @param {{ term: string, level?: string, children?: any }} p */
const Figure = ({ term, level, children }) => html`<div><dt>${term}</dt><dd class=${level}>${children}</dd></div>`;

/** A count, faint when it is nothing. @param {number} n */
const count = (n) => html`<span class=${n ? "" : "d"}>${num(n)}</span>`;

/** A ratio with its unit. @param {{ ratio: number | null }} p */
const Ratio = ({ ratio }) => (ratio === null ? html`<span class="d">${DASH}</span>` : html`<span>${ratio === 1 ? "100" : pct(ratio)}</span><span class="u m">%</span>`);

/** @param {{ v: any }} p */
const Totals = ({ v }) => {
  const f = v.totals;
  const longest = since(f.longest_wait_since);
  const target = v.queues.find((/** @type {any} */ q) => q.id === f.longest_wait_queue)?.target;
  const level = grade(f.sl_30m.ratio, f.target?.ratio);
  const next = f.next_breach_ms === null ? null : Math.max(0, f.next_breach_ms - Math.max(0, now.value - Date.parse(v.at)));
  return html`<dl class="tot">
    <${Figure} term=${t("wall.waiting")}>${count(f.waiting)}</${Figure}>
    <${Figure} term=${t("wall.soon")} level=${f.about_to_breach ? "warn" : ""}>
      ${count(f.about_to_breach)}${f.about_to_breach > 0 && next !== null && html`<small>${t("wall.next", { s: Math.ceil(next / 1000) })}</small>`}
    </${Figure}>
    <${Figure} term=${t("wall.longest")} level=${waitLevel(longest, target?.within_ms)}><span class=${longest === null ? "d" : ""}>${dur(longest)}</span></${Figure}>
    <${Figure} term=${f.target ? t("wall.sl30Within", { s: f.target.within_ms / 1000 }) : t("wall.sl30")} level=${level}>
      <${Ratio} ratio=${f.sl_30m.ratio} />${f.target && f.sl_30m.ratio !== null && html`<${Bullet} ratio=${f.sl_30m.ratio} target=${f.target.ratio} level=${level} />`}
    </${Figure}>
    <${Figure} term=${f.target ? t("wall.todayTarget", { p: pct(f.target.ratio, 0) }) : t("wall.todayLevel")} level=${grade(f.sl_today.ratio, f.target?.ratio)}><${Ratio} ratio=${f.sl_today.ratio} /></${Figure}>
    <${Figure} term=${t("wall.abandoned")}>
      ${count(f.today.abandoned)}<small class="two"><span>${f.today.abandon_ratio === null ? DASH : pct(f.today.abandon_ratio) + " %"}</span><span>${t("wall.short", { n: num(f.today.short) })}</span></small>
    </${Figure}>
  </dl>`;
};

/** Long names get two lines. @param {string} name */
const isLong = (name) => [...name].reduce((n, c) => n + (c.charCodeAt(0) > 0x2e80 ? 2 : 1), 0) > 9;

/** @param {{ q: any, same: boolean, height: number, from: number, to: number }} p */
const Queue = ({ q, same, height, from, to }) => {
  const longest = since(q.longest_wait_since);
  const level = grade(q.sl_30m.ratio, q.target.ratio);
  const goal = t("wall.goal", { s: q.target.within_ms / 1000, p: pct(q.target.ratio, 0) });
  const none = html`<span class="z">${DASH}</span>`;
  const cell = (/** @type {number} */ n) => html`<span class=${n ? "" : "z"}>${num(n)}</span>`;
  return html`<tr>
    <th scope="row" class=${isLong(q.name) ? "long" : ""}><b>${q.name}</b>${!same && height >= (isLong(q.name) ? 92 : 66) && html`<span>${goal}</span>`}</th>
    <td class="n key">${cell(q.waiting)}</td>
    <td><${Lane} waiting=${q.waiting_since} target=${q.target.within_ms} height=${height - 4} name=${`${q.name}: ${t("wall.waiting")} ${q.waiting}`} /></td>
    <td class="n f">${q.about_to_breach ? html`<span class="soon">${q.about_to_breach}</span>` : none}</td>
    <td class=${`n f ${waitLevel(longest, q.target.within_ms)} ${(longest ?? 0) >= 3_600_000 ? "hours" : ""}`}>${longest === null ? none : dur(longest)}</td>
    <td class=${"n key " + level}><${Sev} level=${level} />${q.sl_30m.ratio === null ? none : pct(q.sl_30m.ratio, 0)}</td>
    <td><${Bullet} ratio=${q.sl_30m.ratio} target=${q.target.ratio} level=${level} /></td>
    <td class="n f">${q.sl_today.ratio === null ? none : pct(q.sl_today.ratio)}</td>
    <td class="n f">${cell(q.today.abandoned)}</td>
    <td class="n f m">${q.today.abandon_ratio === null ? none : pct(q.today.abandon_ratio)}</td>
    <td class="n f">${cell(q.agents.ready)}</td>
    <td class="n f m">${cell(q.agents.talking + q.agents.held)}</td>
    <td class="spark"><${Spark} today=${q.today.arrivals} before=${q.today.arrivals_before} from=${from} to=${to} height=${Math.min(56, height - 10)} /></td>
  </tr>`;
};

const widths = [176, 96, 372, 104, 138, 166, 126, 124, 92, 96, 80, 80];

/** @param {{ v: any, height: number }} p */
const Queues = ({ v, height }) => {
  const target = v.totals.target;
  const { from, to } = span(v.totals.today);
  return html`<table class=${height < 60 ? "queues tight" : "queues"} style=${{ "--row-h": height }}>
    <colgroup>${widths.map((w) => html`<col style=${{ width: `calc(${w}*var(--px))` }} />`)}<col /></colgroup>
    <thead><tr>
      <th>${t("wall.queue")}</th><th class="n">${t("wall.waiting")}</th>
      <th class="lanes">${t("wall.lane")}${target && html`<span class="at">${target.within_ms / 1000} s</span>`}</th>
      <th class="n">${t("wall.atRisk")}</th><th class="n">${t("wall.longestShort")}</th><th class="n">${t("wall.min30")}</th>
      <th>${target ? t("wall.target", { p: pct(target.ratio, 0) }) : t("wall.targetOwn")}</th>
      <th class="n">${t("wall.today")}</th><th class="n">${t("wall.abandonedShort")}</th><th class="n">%</th>
      <th class="n">${t("state.ready")}</th><th class="n">${t("wall.talking")}</th><th class="spark">${t("wall.day")}</th>
    </tr></thead>
    <tbody>${v.queues.slice(0, MOST).map((/** @type {any} */ q) => html`<${Queue} key=${q.id} q=${q} same=${!!target} height=${height} from=${from} to=${to} />`)}</tbody>
  </table>`;
};

const Board = () => {
  const v = view.value;
  if (!v) {
    return html`<div class="wait" role="status" aria-busy=${!stale.value}>
      ${stale.value ? html`<p class="crit">${t("error.unreachable")}</p><p>${tries.value > 0 && t("live.retry", { n: tries.value })}</p>` : html`<i></i><i></i><i></i>`}
    </div>`;
  }
  if (v.queues.length === 0) return html`<div class="wait"><p>${t("wall.noQueues")}</p></div>`;
  const rows = Math.min(v.queues.length, MOST);
  const height = Math.min(104, Math.floor(484 / rows));
  const minutes = (now.value - Date.parse(v.day)) / 60_000;
  return html`<${Alarms} view=${v} /><${Totals} v=${v} /><${Queues} v=${v} height=${height} />
    <div class="bot"><${Day} totals=${v.totals} width=${lang.value === "zh-CN" ? 1062 : 930} height=${1080 - 280 - 40 - rows * height - 36 - 34} minutes=${minutes} /><${Agents} view=${v} tall=${rows < 4} /></div>`;
};

const Page = () => html`<div class="wall"><${Head} />${view.value ? html`<div class=${stale.value ? "stale-area body" : "body"}><${Board} /></div>` : html`<${Board} />`}</div>`;

/** The pointer and the links show themselves while somebody is there. */
const awake = signal(false);
/** @type {ReturnType<typeof setTimeout> | undefined} */
let sleep;
addEventListener("mousemove", () => {
  awake.value = true;
  clearTimeout(sleep);
  sleep = setTimeout(() => (awake.value = false), 3000);
});
effect(() => void document.body.classList.toggle("awake", awake.value));
effect(() => void (document.title = `${t("nav.wallboard")} — ${me.value?.centre || "Hotline"}`));

render(html`<${Page} />`, document.body);
start();
for (let entered = false; !entered; ) {
  entered = await enter()
    .then(loadReasons)
    .then(
      () => true,
      () => new Promise((r) => setTimeout(() => r(false), 3000)),
    );
}
