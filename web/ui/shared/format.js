// Figures as they look everywhere: the same digits on every page.
import { signal } from "./lib.js";
import { lang, t } from "./text.js";

export const DASH = "—";

/** The centre's time zone: times read the same wherever the browser stands. Empty: the browser's. */
export const zone = signal("");

/** A duration as mm:ss, from an hour on h:mm:ss. @param {number | null | undefined} ms */
export function dur(ms) {
  if (ms === null || ms === undefined) return DASH;
  const s = Math.floor(Math.max(0, ms) / 1000);
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  const h = Math.floor(s / 3600);
  const rest = `${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
  return h > 0 ? `${h}:${rest}` : rest;
}

/** Seconds with one digit. @param {number | null | undefined} ms */
export const secs = (ms) => (ms === null || ms === undefined ? DASH : (Math.floor(ms / 100) / 10).toFixed(1));

/**
 * A ratio as percent, cut and never rounded up to a target it missed.
 * @param {number | null | undefined} r @param {number} [digits]
 */
export function pct(r, digits = 1) {
  if (r === null || r === undefined) return DASH;
  const f = 10 ** digits;
  return (Math.floor(r * 100 * f + 1e-9) / f).toFixed(digits);
}

/** A count, thousands by thin space. @param {number | null | undefined} n */
export function num(n) {
  if (n === null || n === undefined) return DASH;
  return String(n).replace(/\B(?=(\d{3})+$)/g, "\u2009").replace("-", "−");
}

/** @param {string | undefined} iso @param {Intl.DateTimeFormatOptions} o */
const format = (iso, o) => (iso ? new Intl.DateTimeFormat(lang.value === "zh-CN" ? "zh-CN" : "en-GB", { timeZone: zone.value || undefined, ...o }).format(new Date(iso)) : DASH);

/** @param {string | undefined} iso */
export const clock = (iso) => format(iso, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });

/** @param {string | undefined} iso */
export const dayTime = (iso) =>
  format(iso, { month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });

/** @param {string | undefined} iso */
export function day(iso) {
  const date = format(iso, { month: lang.value === "zh-CN" ? "long" : "short", day: "numeric" });
  const weekday = format(iso, { weekday: "short" });
  return lang.value === "zh-CN" ? `${date} ${weekday}` : `${weekday} ${date}`;
}

/** The date in the centre's time zone, as 2026-11-22. @param {number | string} at */
export const dateOf = (at) => new Intl.DateTimeFormat("sv-SE", { timeZone: zone.value || undefined }).format(new Date(at));

/** The first instant of a date such as 2026-11-22 in the centre's time zone. @param {string} date */
export function dayStart(date) {
  const want = Date.parse(date + "T00:00:00Z");
  const wall = new Intl.DateTimeFormat("sv-SE", { timeZone: zone.value || undefined, dateStyle: "short", timeStyle: "medium" });
  let at = want;
  for (let i = 0; i < 2; i++) at += want - Date.parse(wall.format(new Date(at)).replace(" ", "T") + "Z");
  return new Date(at).toISOString();
}

/** A caller's number, or that it asked not to be shown. @param {string | undefined} n */
export const number = (n) => (n === "anonymous" ? t("qa.anonymous") : n || t("qa.hidden"));

/** Level of a ratio against its target. @param {number | null | undefined} r @param {number | undefined} target */
export function grade(r, target) {
  if (r === null || r === undefined || target === undefined || r >= target) return "";
  return r >= target - 0.05 ? "warn" : "crit";
}

/** The time alone for today, else the day too: 14:32 or 11-20 16:22. @param {string | undefined} iso */
export function dayMinute(iso) {
  if (!iso) return DASH;
  const time = format(iso, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const date = dateOf(Date.parse(iso));
  return date === dateOf(Date.now()) ? time : `${date.slice(5)} ${time}`;
}

/**
 * Text from outside in one line: no control or direction characters, cut.
 * @param {unknown} text @param {number} [most]
 */
export function plain(text, most = 64) {
  if (text === null || text === undefined) return "";
  const s = String(text).slice(0, most * 4).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, " ").trim();
  return [...s].length > most ? [...s].slice(0, most - 1).join("") + "…" : s;
}
