// A page of a board: every tile at its place of the grid, by its kind.
import { html } from "../shared/lib.js";
import { t } from "../shared/text.js";
import { now } from "../shared/live.js";
import { Abandoned, Answered, Arrivals, Breach, Callbacks, Clock, Expected, LaneTile, Level, LevelToday, Longest, SparkTile, Text, Waiting, titleOf } from "./figures.js";
import { Agents } from "./agents.js";
import { Alarms } from "./alarms.js";
import { Day } from "./day.js";
import { Queues } from "./queues.js";

export const COLUMNS = 24;
export const ROWS = 16;
const WIDTH = 1848 / COLUMNS;
const HEIGHT = 1002 / ROWS;
const GAP = 20; // kept free at the right of a tile

/** @typedef {import("./figures.js").TileProps} TileProps */

/** @param {TileProps} p */
const DayTile = ({ tile, parts, f, width, height }) => html`<${Day} title=${titleOf(tile, f, t("wall.day"))} total=${f.today.requested} today=${parts["day:" + tile.group] ?? []} before=${parts["before:" + tile.group] ?? []}
  forecast=${parts["forecast:" + tile.group]} width=${width} height=${height - 54} minutes=${(now.value - Date.parse(parts.info.day)) / 60_000} />`;

/** @param {TileProps} p */
const AgentsTile = ({ tile, parts, width, height }) => html`<${Agents} states=${parts["states:" + tile.group]} title=${tile.title ?? ""} width=${width} height=${height - 20} names=${!!parts.board.names && height > 250} />`;

/** The alarms, as the shared line wants them. @param {TileProps} p */
const AlarmsTile = ({ parts, height }) => {
  const list = parts.alarms?.items ?? [];
  const view = {
    at: new Date(now.value).toISOString(), past: true, queues: [], agents: [], hidden: parts.alarms?.more ?? 0,
    alarms: list.map((/** @type {any} */ a) => ({ ...a, acknowledged: a.acked, agent: a.agent ?? (a.kind === "over_time" || a.kind === "quality" ? t("wall.someone") : ""), value_ms: a.from ? Math.max(0, now.value - Date.parse(a.from)) : 0 })),
  };
  return html`<${Alarms} view=${view} lines=${Math.max(1, Math.floor(height / 60))} />`;
};

/** What each kind is drawn by, and which part it cannot do without. @type {Record<string, { View: any, part?: string, wide?: boolean }>} */
const views = {
  waiting: { View: Waiting, part: "group:" }, longest: { View: Longest, part: "group:" }, level: { View: Level, part: "group:" }, level_today: { View: LevelToday, part: "group:" },
  breach: { View: Breach, part: "group:" }, expected: { View: Expected, part: "group:" }, answered: { View: Answered, part: "group:" }, abandoned: { View: Abandoned, part: "group:" },
  arrivals: { View: Arrivals, part: "group:" }, callbacks: { View: Callbacks, part: "group:" }, lane: { View: LaneTile, part: "group:" }, spark: { View: SparkTile, part: "group:" },
  day: { View: DayTile, part: "group:", wide: true }, queues: { View: Queues, part: "group:", wide: true }, agents: { View: AgentsTile, part: "states:", wide: true },
  alarms: { View: AlarmsTile, wide: true }, clock: { View: Clock }, text: { View: Text },
};

/** Whether a line belongs above the tile: it stands under another that is no line of alarms. @param {any} tile @param {any[]} all */
const underLine = (tile, all) => tile.y > 0 && !all.some((o) => o.kind === "alarms" && o.y + o.h === tile.y) && !views[tile.kind]?.wide;

/** Where a tile stands. @param {any} tile */
export const place = (tile) => ({ gridArea: `${tile.y + 1} / ${tile.x + 1} / span ${tile.h} / span ${tile.w}` });

/** @param {{ tile: any, parts: Record<string, any>, all: any[] }} p */
export const Tile = ({ tile, parts, all }) => {
  const kind = views[tile.kind];
  const group = tile.group ?? 0;
  if (!kind || (kind.part && !parts[kind.part + group])) return html`<div class="nothing">…</div>`;
  const last = tile.x + tile.w === COLUMNS;
  const width = Math.floor(tile.w * WIDTH - (last ? 0 : GAP) - (kind.wide && tile.kind !== "alarms" && tile.x > 0 ? GAP : 0));
  return html`<${kind.View} tile=${{ ...tile, group }} parts=${parts} f=${parts["group:" + group]} width=${width} height=${Math.floor(tile.h * HEIGHT)} first=${tile.x === 0} />
    ${underLine(tile, all) && html`<i class="over-line" aria-hidden="true"></i>`}`;
};

/** The classes of a tile: what it is, and at which edges it stands. @param {any} tile */
export const classOf = (tile) => `tile k-${tile.kind} ${tile.x === 0 ? "leftmost" : ""} ${tile.x + tile.w === COLUMNS ? "last" : ""}`;

/** @param {{ page: any, parts: Record<string, any> }} p */
export const PageView = ({ page, parts }) => html`<div class="grid">${page.tiles.map((/** @type {any} */ tile, /** @type {number} */ i) => html`<div key=${i} class=${classOf(tile)} style=${place(tile)}><${Tile} tile=${tile} parts=${parts} all=${page.tiles} /></div>`)}</div>`;
