// Tiles of one large figure. Sizes are those of the wall, by the tile's own, so that nothing moves when a figure changes.
import { oddRules } from "../shared/rules.js";
import { html } from "../shared/lib.js";
import { t } from "../shared/text.js";
import { dur, num, pct, grade, clock, day, DASH } from "../shared/format.js";
import { now, since } from "../shared/live.js";
import { Bullet, Sev } from "../shared/parts.js";
import { Lane, Spark } from "./lane.js";
import { span } from "./day.js";

const SOON = 10_000;
const LABEL = 30; // height of a label
const PAD = 28;

/** How bad a wait is against its target. @param {number | null} ms @param {number | undefined} target */
export const waitLevel = (ms, target) => (ms === null || !target ? "" : ms > target ? "crit" : ms > target - SOON ? "warn" : "");

/**
 * How large a figure of so many digits can be in a tile, beside something of the width rest.
 * @param {{ width: number, height: number }} box @param {number} digits @param {number} [rest]
 */
const fit = ({ width, height }, digits, rest = 0) => Math.round(Math.max(40, Math.min((height - LABEL - 16) * 0.92, (width - PAD - rest - 8) / (digits * 0.6), 420)));

/** @typedef {{ tile: any, parts: Record<string, any>, width: number, height: number, f: any, first: boolean }} TileProps  first: it stands at the left edge */

/** The name of a tile: its own, else what it shows, of which queue. @param {any} tile @param {any} f @param {string} word */
export const titleOf = (tile, f, word) => tile.title || (f?.name ? `${f.name} ${word}` : word);

/**
 * @param {{ label: string, level?: string, size: number, tall: boolean, first: boolean, children?: any, note?: any, under?: any }} p
 * note: small, beside the figure or, where there is room, under it; under: always under it
 */
const Figure = ({ label, level, size, tall, first, children, note, under }) => html`<dl class=${`fig ${first ? "first" : ""} ${tall ? "tall" : ""}`}>
  <dt>${label}</dt>
  <dd class=${level} style=${{ "--fig": size }}><span class="big">${children}</span>${note && html`<small>${note}</small>`}</dd>
  ${under && html`<div class="under">${under}</div>`}
</dl>`;

/** A count, faint when it is nothing. @param {number} n */
const count = (n) => html`<span class=${n ? "" : "d"}>${num(n)}</span>`;

const isTall = (/** @type {number} */ height) => height >= 220;

/** @param {TileProps} p */
export const Waiting = ({ tile, f, width, height, first }) =>
  html`<${Figure} label=${titleOf(tile, f, t("wall.waiting"))} size=${fit({ width, height }, 3)} tall=${isTall(height)} first=${first}>${count(f.waiting)}</${Figure}>`;

/** @param {TileProps} p */
export const Longest = ({ tile, f, width, height, first }) => {
  const ms = since(f.longest_wait_since);
  const hours = (ms ?? 0) >= 3_600_000;
  const tall = isTall(height);
  const size = fit({ width, height: tall ? height - 44 : height }, hours ? 6.6 : 4.6);
  return html`<${Figure} label=${titleOf(tile, f, t("wall.longest"))} level=${waitLevel(ms, f.longest_wait_within_ms)} size=${size} tall=${tall} first=${first}
    under=${tall && (f.longest_wait_in ?? "")}><span class=${ms === null ? "d" : ""}>${dur(ms)}</span></${Figure}>`;
};

/** @param {{ ratio: number | null }} p */
const Ratio = ({ ratio }) => (ratio === null ? html`<span class="d">${DASH}</span>` : html`<span>${ratio === 1 ? "100" : pct(ratio)}</span><span class="u m">%</span>`);

/** A service level with its target: as a bar beside it, or under it. @param {TileProps & { level: any, word: string }} p */
const LevelFigure = ({ tile, f, width, height, first, level, word }) => {
  const tall = isTall(height);
  const wide = width >= 360;
  const grading = grade(level.ratio, f.target?.ratio);
  const bar = f.target && html`<${Bullet} ratio=${level.ratio ?? 0} target=${f.target.ratio} level=${grading} />`;
  const size = fit({ width, height: tall ? height - 70 : height }, 3.5, 40 + (wide && !tall ? 136 : 0));
  return html`<${Figure} label=${titleOf(tile, f, word)} level=${grading} size=${size} tall=${tall} first=${first}
    under=${tall && html`${bar}<span>${f.target ? t("wall.goal", { s: f.target.within_ms / 1000, p: pct(f.target.ratio, 0) }) : ""}</span>${oddRules(f.definition) && html`<span>${oddRules(f.definition)}</span>`}<span>${num(level.count)} / ${num(level.of)}</span>`}>
    <${Ratio} ratio=${level.ratio} />${wide && !tall && bar}${tall && html`<${Sev} level=${grading} />`}
  </${Figure}>`;
};

/** @param {TileProps} p */
export const Level = (p) => html`<${LevelFigure} ...${p} level=${p.f.sl_30m} word=${p.f.target ? t("wall.sl30Within", { s: p.f.target.within_ms / 1000 }) : t("wall.sl30")} />`;

/** @param {TileProps} p */
export const LevelToday = (p) => html`<${LevelFigure} ...${p} level=${p.f.sl_today} word=${p.f.target ? t("wall.todayTarget", { p: pct(p.f.target.ratio, 0) }) : t("wall.todayLevel")} />`;

/** @param {TileProps} p */
export const Breach = ({ tile, f, width, height, first }) => {
  const next = f.next_breach ? Math.max(0, Date.parse(f.next_breach) - now.value) : null;
  const tall = isTall(height);
  const words = f.about_to_breach > 0 && next !== null && t("wall.next", { s: Math.ceil(next / 1000) });
  const over = tall && html`<span class=${f.breached ? "crit" : "d"}>${t("wall.over", { n: num(f.breached) })}</span>`;
  return html`<${Figure} label=${titleOf(tile, f, t("wall.soon"))} level=${f.about_to_breach ? "warn" : ""} size=${fit({ width, height: tall ? height - 44 : height }, 2.2, tall ? 0 : 150)} tall=${tall} first=${first}
    note=${!tall && words} under=${tall && html`${words && html`<span>${words}</span>`}${over}`}>${count(f.about_to_breach)}</${Figure}>`;
};

/** @param {TileProps} p */
export const Expected = ({ tile, f, width, height, first }) => {
  const tall = isTall(height);
  const ms = f.expected_wait_ms;
  return html`<${Figure} label=${titleOf(tile, f, t("wall.expected"))} size=${fit({ width, height: tall ? height - 44 : height }, 4.6)} tall=${tall} first=${first}
    under=${tall && (f.expected_wait_in ?? "")}><span class=${ms === null ? "d" : ""}>${ms === null ? DASH : dur(Math.ceil(ms / 1000) * 1000)}</span></${Figure}>`;
};

/** A count with what it is of. @param {TileProps & { n: number, word: string, small: string[] }} p */
const Count = ({ tile, f, width, height, first, n, word, small }) => {
  const tall = isTall(height);
  const beside = !tall && width >= 290;
  return html`<${Figure} label=${titleOf(tile, f, word)} size=${fit({ width, height: tall ? height - 44 * small.length : height }, n > 999 ? 4.4 : 3, beside ? 118 : 0)} tall=${tall} first=${first}
    note=${beside && html`<span class="two">${small.map((s) => html`<span>${s}</span>`)}</span>`} under=${tall && small.map((s) => html`<span>${s}</span>`)}>${count(n)}</${Figure}>`;
};

/** @param {TileProps} p */
export const Abandoned = (p) => {
  const d = p.f.today;
  return html`<${Count} ...${p} n=${d.abandoned} word=${t("wall.abandoned")} small=${[d.abandon_ratio === null ? DASH : pct(d.abandon_ratio) + " %", t("wall.short", { n: num(d.short) })]} />`;
};

/** @param {TileProps} p */
export const Answered = (p) => {
  const d = p.f.today;
  return html`<${Count} ...${p} n=${d.answered} word=${t("wall.answered")} small=${[d.offered ? pct(d.answered / d.offered) + " %" : DASH, t("wall.of", { n: num(d.offered) })]} />`;
};

/** @param {TileProps} p */
export const Arrivals = (p) => html`<${Count} ...${p} n=${p.f.today.requested} word=${t("wall.day")} small=${[]} />`;

/** @param {TileProps} p */
export const Callbacks = (p) => html`<${Count} ...${p} n=${p.f.promises} word=${t("wall.callbacks")} small=${[]} />`;

/** The day as one line, with its figure. @param {TileProps} p */
export const SparkTile = ({ tile, parts, f, width, height, first }) => {
  const day = { today: parts["day:" + tile.group] ?? [], before: parts["before:" + tile.group] ?? [], forecast: parts["forecast:" + tile.group] };
  const room = width - PAD;
  return html`<${Figure} label=${titleOf(tile, f, t("wall.day"))} size=${Math.min(fit({ width, height: height * 0.55 }, 4), 76)} tall=${true} first=${first}
    under=${html`<${Spark} ...${day} ...${span(day)} width=${room} height=${Math.max(40, height - LABEL - Math.min(fit({ width, height: height * 0.55 }, 4), 76) - 44)} />`}>${count(f.today.requested)}</${Figure}>`;
};

/** The wait of everybody who waits: one lane where all have the same target, else one a queue. @param {TileProps} p */
export const LaneTile = ({ tile, parts, f, width, height, first }) => {
  const rows = f.target ? [{ ...f, name: "" }] : (parts["rows:" + tile.group] ?? []).map((/** @type {string} */ id) => parts["queue:" + id]).filter(Boolean);
  const room = height - LABEL - 16;
  const shown = rows.slice(0, Math.max(1, Math.floor(room / 40)));
  const each = Math.min(f.target ? 90 : 64, Math.floor(room / Math.max(1, shown.length)));
  return html`<dl class=${first ? "fig first tall" : "fig tall"}>
    <dt>${titleOf(tile, f, t("wall.lane"))}${f.target && html`<span class="m"> ${t("wall.lineAt", { s: f.target.within_ms / 1000 })}</span>`}</dt>
    <dd class="lanes">${shown.map((/** @type {any} */ q) => html`<div>${q.name && html`<span>${q.name}</span>`}
      <${Lane} waiting=${q.waiting_since} target=${q.target.within_ms} width=${width - PAD - (q.name ? 180 : 0)} height=${each} name=${`${q.name || titleOf(tile, f, t("wall.waiting"))}: ${q.waiting}`} /></div>`)}</dd>
  </dl>`;
};

/** @param {TileProps} p */
export const Clock = ({ tile, width, height, first }) => {
  const instant = new Date(now.value).toISOString();
  const time = clock(instant);
  const tall = height > 90;
  return html`<${Figure} label=${tall ? tile.title || day(instant) : ""} size=${fit({ width, height: tall ? height : height + LABEL }, 4.8)} tall=${isTall(height)} first=${first}><time>${time.slice(0, 5)}<span class="d">${time.slice(5)}</span></time></${Figure}>`;
};

/** How wide a text is, in sizes of its type. @param {string} text */
const unitsOf = (text) => [...text].reduce((n, c) => n + (c.charCodeAt(0) > 0x2e80 ? 1 : 0.56), 0);

/** A notice, as large as it fits. @param {TileProps} p */
export const Text = ({ tile, width, height, first }) => {
  const text = tile.text || "";
  const lines = text.split("\n");
  const wide = Math.max(1, ...lines.map(unitsOf));
  const room = height - (tile.title ? LABEL : 0) - 20;
  const most = Math.min(room / lines.length / 1.3, 110);
  const area = Math.sqrt(((width - PAD) * room) / (Math.max(1, unitsOf(text)) * 1.45)) * 0.9;
  const whole = (width - PAD) / wide; // no line is broken
  const size = Math.max(26, Math.min(whole >= area * 0.6 ? whole * 0.98 : area, most));
  return html`<div class=${first ? "fig first notice" : "fig notice"}>${tile.title && html`<h2>${tile.title}</h2>`}<p style=${{ "--fig": Math.round(size) }}>${text || html`<span class="d">${t("wall.noText")}</span>`}</p></div>`;
};
