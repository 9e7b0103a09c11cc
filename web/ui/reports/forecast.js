// The forecast of a queue's day: what is to come, with its band, beside what came and last week; the agents it needs beside those
// planned and those who were there; and how good such forecasts were.
import { html, signal } from "../shared/lib.js";
import { t, code, lang } from "../shared/text.js";
import { api, Problem } from "../shared/api.js";
import { num, pct, dur, dateOf, DASH } from "../shared/format.js";
import { names } from "../qa/names.js";
import { useEffect } from "../vendor/preact/hooks.module.js";
import { asked, ask, follow, place, useReport, reload } from "./source.js";
import { Got, Part } from "./parts.js";
import { plus } from "./span.js";
import { Lines } from "./lines.js";

/** The plan being edited; null: none. @type {import("../shared/lib.js").Signal<{ people: number[], was: number[] | null, key: string } | null>} */
const draft = signal(null);
const trouble = signal("");

/** @param {number | null | undefined} v */
const tenth = (v) => (v === null || v === undefined ? DASH : v >= 100 ? num(Math.round(v)) : (Math.round(v * 10) / 10).toFixed(1));
/** @param {number | null | undefined} v */
const whole = (v) => (v === null || v === undefined ? DASH : num(v));

/** The weekday of a date, 1 (Monday) to 7. @param {string} date */
const weekday = (date) => ((new Date(date + "T12:00:00Z").getUTCDay() + 6) % 7) + 1;
/** @param {string} date */
const dayName = (date) => new Intl.DateTimeFormat(lang.value, { weekday: "long", timeZone: "UTC" }).format(new Date(date + "T12:00:00Z"));

/** A number of the address, as a share. @param {string} field @param {number} most */
function share(field, most) {
  const v = Number(asked.value.more[field] ?? "");
  return v > 0 && v <= most ? v : 0;
}

/** @param {{ field: string, name: string, most: number }} p */
const Percent = ({ field, name, most }) => html`<label>${name}<input type="number" class="n" min="0" max=${most} step="1" value=${share(field, most) || ""} placeholder="0"
  onChange=${(/** @type {any} */ e) => ask({ [field]: e.target.value })} /> %</label>`;

/** @param {string} day  a date, or a weekday's number @param {string} queue */
async function save(day, queue) {
  const d = draft.value;
  if (!d) return;
  try {
    await api(`/roster/${encodeURIComponent(queue)}/${day}`, { method: "PUT", body: { people: d.people } });
    draft.value = null;
    trouble.value = "";
    reload();
  } catch (e) {
    trouble.value = e instanceof Problem && e.status ? e.message : t("error.unreachable");
  }
}

/** @param {any} f */
const begin = (f) => {
  const people = f.slots.map((/** @type {any} */ s) => s.planned ?? 0);
  draft.value = { people, was: people.slice(), key: f.queue + f.date };
};

/** @param {(i: number) => number} to */
const fill = (to) => draft.value && (draft.value = { ...draft.value, people: draft.value.people.map((_, i) => to(i)) });

/** @param {{ f: any }} p */
const Roster = ({ f }) => {
  const d = draft.value?.key === f.queue + f.date ? draft.value : null;
  if (!d) return html`<button class="btn noprint" onClick=${() => begin(f)}>${t("forecast.plan")}</button>`;
  return html`<span class="files noprint">
    ${trouble.value && html`<span class="crit" role="alert">${trouble.value}</span>`}
    <button class="btn" onClick=${() => fill((i) => f.slots[i].scheduled)}>${t("forecast.fromNeed")}</button>
    <button class="btn" onClick=${() => fill((i) => d.was?.[i] ?? 0)}>${t("forecast.undo")}</button>
    <button class="btn" onClick=${() => (draft.value = null)}>${t("forecast.cancel")}</button>
    <button class="btn" onClick=${() => save(String(weekday(f.date)), f.queue)}>${t("forecast.saveWeekday", { day: dayName(f.date) })}</button>
    <button class="btn ink" onClick=${() => save(f.date, f.queue)}>${t("forecast.saveDate")}</button>
  </span>`;
};

/** @param {{ f: any, i: number, s: any }} p */
const Planned = ({ f, i, s }) => {
  const d = draft.value?.key === f.queue + f.date ? draft.value : null;
  if (!d) return html`${whole(s.planned)}`;
  return html`<input class="n" type="number" min="0" max="100000" aria-label=${`${t("forecast.planned")} ${s.time}`} value=${d.people[i]}
    onInput=${(/** @type {any} */ e) => fill((k) => (k === i ? Math.max(0, Math.trunc(Number(e.target.value)) || 0) : d.people[k]))} />`;
};

/** @param {{ f: any }} p */
const Slots = ({ f }) => {
  const busy = f.slots.map((/** @type {any} */ s) => s.demand >= 0.05 || s.came || s.planned || s.staffed);
  const first = Math.max(0, busy.indexOf(true)), last = busy.lastIndexOf(true);
  const show = draft.value ? [0, 47] : [first, Math.max(last, first)];
  return html`<table class="fc">
    <thead><tr><th>${t("forecast.time")}</th>${["demand", "band", "now", "came", "lastWeek", "aht", "required", "roster", "planned", "staffed", "expected", "actual"].map((k) => html`<th class="r">${code("forecast", k)}</th>`)}</tr></thead>
    <tbody>${f.slots.map((/** @type {any} */ s, /** @type {number} */ i) => {
      if (i < show[0] || i > show[1]) return null;
      const nobody = s.planned === 0 ? s.required > 0 : s.staffed === 0 && s.came > 0;
      const short = s.planned !== null && s.planned < s.scheduled;
      const level = s.level !== null && s.planned !== null && s.level < f.ratio ? (s.level < f.ratio - 0.05 ? "crit" : "warn") : "";
      const was = s.actual_level !== null && s.actual_level < f.ratio ? (s.actual_level < f.ratio - 0.05 ? "crit" : "warn") : "";
      return html`<tr key=${s.time} class=${nobody ? "f" : ""}>
        <th>${s.time}</th><td class="r">${tenth(s.demand)}</td><td class="r d">${tenth(s.low)}–${tenth(s.high)}</td><td class="r">${tenth(s.now)}</td>
        <td class="r">${whole(s.came)}</td><td class="r d">${whole(s.last_week)}</td><td class="r">${s.aht_ms ? dur(s.aht_ms) : DASH}</td>
        <td class="r b">${whole(s.required)}</td><td class="r">${whole(s.scheduled)}</td><td class=${"r" + (short ? " warn" : "")}><${Planned} f=${f} i=${i} s=${s} /></td>
        <td class="r">${tenth(s.staffed)}</td><td class=${"r " + level}>${pct(s.level)}</td><td class=${"r " + was}>${pct(s.actual_level)}</td>
      </tr>`;
    })}</tbody>
    <tfoot><tr><th>${t("forecast.day")}</th><td class="r">${tenth(f.total.demand)}</td><td></td><td class="r">${tenth(f.total.now)}</td><td class="r">${whole(f.total.came)}</td><td></td><td></td><td class="r" colspan="2">${t("forecast.hours", { n: tenth(f.total.hours) })}</td><td colspan="4"></td></tr></tfoot>
  </table>`;
};

/** @param {{ b: any }} p */
const Backtest = ({ b }) => {
  if (!b.days || b.slot_wape === null) return html`<p class="m none">${t("forecast.noTest")}</p>`;
  /** @type {[string, string, string][]} */
  const rows = [
    ["slotWape", pct(b.slot_wape), t("forecast.slotWapeWhy", { week: pct(b.last_week_wape), floor: pct(b.floor_wape) })],
    ["dayWape", pct(b.day_wape), t("forecast.dayWapeWhy")],
    ["bias", (b.bias > 0 ? "+" : b.bias < 0 ? "−" : "") + pct(Math.abs(b.bias)), t("forecast.biasWhy")],
    ["inBand", pct(b.in_band), t("forecast.inBandWhy")],
    ["corrected", pct(b.corrected_wape), t("forecast.correctedWhy", { before: pct(b.morning_wape) })],
  ];
  return html`<table class="bt"><tbody>${rows.map(([k, v, why]) => html`<tr><th>${code("forecast", k)}</th><td class="r b">${v} %</td><td class="d">${why}</td></tr>`)}</tbody></table>`;
};

/** @param {{ f: any }} p */
const Day = ({ f }) => {
  const s = f.slots;
  const x = s.map((/** @type {any} */ _, /** @type {number} */ i) => i);
  const from = Math.max(0, s.findIndex((/** @type {any} */ p) => p.high > 0.5 || p.came));
  const to = s.length - 1 - Math.max(0, s.slice().reverse().findIndex((/** @type {any} */ p) => p.high > 0.5 || p.came));
  const hour = (/** @type {number} */ i) => s[i]?.time ?? "";
  const facts = [
    f.days ? t("forecast.learnt", { n: f.days, day: dayName(f.date) }) : t("forecast.unknown"),
    f.trend !== 1 && f.days ? t("forecast.trend", { n: (f.trend > 1 ? "+" : "−") + pct(Math.abs(f.trend - 1)) }) : "",
    f.holiday ? t("forecast.holiday") : "",
    f.patience_ms ? t("forecast.patience", { n: dur(f.patience_ms) }) : t("forecast.noPatience"),
  ].filter((w) => w);
  return html`<${Part} name=${t("forecast.calls", { queue: f.name, date: f.date, day: dayName(f.date) })} note=${facts.join(" · ")}>
      <${Lines} key=${"c" + f.queue + f.date} name=${t("forecast.callsChart")} x=${x} range=${[from, to]} label=${hour} lines=${[
        { name: t("forecast.demand"), values: s.map((/** @type {any} */ p) => p.now ?? p.demand), low: s.map((/** @type {any} */ p) => p.now_low ?? p.low), high: s.map((/** @type {any} */ p) => p.now_high ?? p.high), kind: "thin" },
        { name: t("forecast.lastWeek"), values: s.map((/** @type {any} */ p) => p.last_week), kind: "dots" },
        { name: t("forecast.came"), values: s.map((/** @type {any} */ p) => p.came), kind: "solid" },
      ]} show=${tenth} />
    <//>
    <${Part} name=${t("forecast.people")} right=${html`<${Roster} f=${f} />`} file=${`/forecast?queue=${encodeURIComponent(f.queue)}&date=${f.date}&shrinkage=${f.shrinkage}&occupancy=${f.max_occupancy}`}>
      <${Lines} key=${"p" + f.queue + f.date} name=${t("forecast.people")} x=${x} range=${[from, to]} label=${hour} steps=${true} lines=${[
        { name: t("forecast.roster"), values: s.map((/** @type {any} */ p) => p.scheduled), kind: "thin" },
        { name: t("forecast.planned"), values: s.map((/** @type {any} */ p) => p.planned), kind: "dots" },
        { name: t("forecast.staffed"), values: s.map((/** @type {any} */ p) => p.staffed), kind: "solid" },
      ]} show=${tenth} />
      <${Slots} f=${f} />
    <//>
    <${Part} name=${t("forecast.backtest", { n: f.backtest.days })}><${Backtest} b=${f.backtest} /><//>`;
};

export const View = () => {
  const a = asked.value;
  const queue = a.queue || names.queues.value[0]?.id || "";
  useEffect(() => {
    if (a.queue || !queue) return;
    history.replaceState(null, "", place({ queue })); // the bar names the queue that is shown
    follow();
  }, [a.queue, queue]);
  const date = /^\d{4}-\d\d-\d\d$/.test(a.more.date ?? "") ? a.more.date : dateOf(Date.now());
  const q = new URLSearchParams({ queue, date });
  if (share("shrinkage", 90)) q.set("shrinkage", String(share("shrinkage", 90) / 100));
  if (share("occupancy", 100)) q.set("occupancy", String(share("occupancy", 100) / 100));
  const got = useReport(queue ? "/forecast?" + q : "");
  return html`<div class="flt sub noprint">
      <button class="btn" onClick=${() => ask({ date: plus(date, -1) })} aria-label=${t("forecast.before")}>‹</button>
      <input type="date" aria-label=${t("forecast.date")} value=${date} onChange=${(/** @type {any} */ e) => e.target.value && ask({ date: e.target.value })} />
      <button class="btn" onClick=${() => ask({ date: plus(date, 1) })} aria-label=${t("forecast.after")}>›</button>
      <button class="btn" onClick=${() => ask({ date: "" })}>${code("period", "today")}</button>
      <${Percent} field="shrinkage" name=${t("forecast.shrinkage")} most=${90} />
      <${Percent} field="occupancy" name=${t("forecast.occupancy")} most=${100} />
      ${got.data && html`<span class="d">${t("forecast.target", { ratio: pct(got.data.ratio, 0), n: dur(got.data.within_ms) })}</span>`}
    </div>
    <${Got} of=${got}>${(/** @type {any} */ f) => html`<${Day} f=${f} />`}<//>`;
};
