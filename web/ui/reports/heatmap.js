// Queues by weekday and slot: a step darker for each that is worse; what is missing is no colour at all.
import { html } from "../shared/lib.js";
import { t, code, lang } from "../shared/text.js";
import { num, pct, secs, DASH } from "../shared/format.js";
import { names } from "../qa/names.js";
import { asked, ask, address, useReport } from "./source.js";
import { Got, Part } from "./parts.js";
import { digits, leads } from "./figure.js";

const figures = ["level", "abandon", "offered", "wait"];

/** What a cell opens: of rates those that missed them. @type {Record<string, { figure: string, order?: string }>} */
const counts = { level: { figure: "out level" }, abandon: { figure: "abandoned" }, offered: { figure: "offered" }, wait: { figure: "offered", order: "longest" } };

/** Widths of slots as the API has them. @type {Record<string, string>} */
const slots = { 15: "15m", 30: "30m", 60: "1h" };

/** The sum of a slot over the queues. @param {any[]} rows */
function sum(rows) {
  const s = { days: 0, offered: 0, abandoned: 0, of: 0, count: 0, waited: 0, waits: 0 };
  for (const r of rows) {
    s.days = Math.max(s.days, r.days);
    s.offered += r.offered;
    s.abandoned += r.abandoned;
    s.of += r.level?.of ?? 0;
    s.count += r.level?.count ?? 0;
    if (r.avg_wait_ms !== null) {
      s.waited += r.avg_wait_ms * r.offered;
      s.waits += r.offered;
    }
  }
  return s;
}

/** @param {string} f @param {ReturnType<typeof sum> | undefined} s @returns {number | null} */
function value(f, s) {
  if (!s) return null;
  if (f === "level") return s.of ? s.count / s.of : null;
  if (f === "abandon") return s.offered ? s.abandoned / s.offered : null;
  if (f === "wait") return s.waits ? s.waited / s.waits : null;
  return s.days ? s.offered / s.days : null;
}

/** How dark a cell is, 0 to 4. @param {string} f @param {number | null} v @param {number} target @param {number} top */
function step(f, v, target, top) {
  if (v === null) return 0;
  const far = f === "level" ? (target - v) / 0.05 : f === "abandon" ? (v - 0.05) / 0.05 : (v / (top || 1)) * 5 - 1;
  return far <= 0 ? 0 : Math.min(4, Math.ceil(far));
}

/** @param {string} f @param {number | null} v */
const short = (f, v) => (v === null ? DASH : f === "offered" ? digits("n", v) : f === "wait" ? num(Math.round(v / 1000)) : pct(v, 0));

/** @param {number} day */
const dayName = (day) => new Intl.DateTimeFormat(lang.value, { weekday: "short", timeZone: "UTC" }).format(new Date(Date.UTC(2024, 0, day)));
/** @param {number} m */
const clockOf = (m) => `${String(Math.floor(m / 60)).padStart(2, "0")}:${String(m % 60).padStart(2, "0")}`;

/** @param {{ d: any, f: string }} p */
const Map7 = ({ d, f }) => {
  const slot = d.slot_min;
  /** @type {Map<string, any[]>} */
  const cells = new Map();
  for (const r of d.rows) {
    const key = r.weekday + "." + r.minute;
    cells.set(key, [...(cells.get(key) ?? []), r]);
  }
  const minutes = d.rows.map((/** @type {any} */ r) => r.minute);
  const [from, to] = [Math.min(...minutes), Math.max(...minutes)];
  const columns = Array.from({ length: (to - from) / slot + 1 }, (_, i) => from + i * slot);
  const all = [...cells.values()].map((rows) => value(f, sum(rows)) ?? 0);
  const target = /** @type {any} */ (names.queues.value.find((q) => q.id === asked.value.queue))?.definition?.ratio ?? 0.8;
  return html`<div class="wide7"><table class=${"hm " + (f === "level" || f === "abandon" ? "bad" : "much")}>
    <caption class="vh">${code("chart", f)}</caption>
    <thead><tr><td></td>${columns.map((m) => html`<th scope="col">${m % 60 === 0 ? m / 60 : html`<span class="vh">${clockOf(m)}</span>`}</th>`)}</tr></thead>
    <tbody>${[1, 2, 3, 4, 5, 6, 7].map((day) => html`<tr><th scope="row">${dayName(day)}</th>${columns.map((m) => {
      const s = cells.get(day + "." + m);
      const all1 = s && sum(s);
      const v = value(f, all1);
      const why = all1 ? t("chart.heatCell", { at: `${dayName(day)} ${clockOf(m)}`, offered: num(all1.offered), abandoned: num(all1.abandoned), level: pct(value("level", all1)), wait: secs(value("wait", all1)), days: all1.days }) : "";
      const cls = "s" + step(f, v, target, Math.max(...all)) + (v === null ? " d" : "");
      if (!all1) return html`<td key=${m} class=${cls}>${short(f, v)}</td>`;
      return html`<td key=${m} class=${cls}><a ...${leads({ ...counts[f], queue: asked.value.queue, cell: { weekday: String(day), minute: String(m), slot: slots[slot] } })} data-why=${why} aria-label=${why}>${short(f, v)}</a></td>`;
    })}</tr>`)}</tbody>
  </table></div>`;
};

/** Says what the cell under the pointer or with the focus counts. @param {Event} e */
function say(e) {
  const out = /** @type {HTMLElement} */ (e.currentTarget).querySelector("output");
  const cell = /** @type {HTMLElement} */ (e.target).closest("[data-why]");
  if (out && cell) out.textContent = cell.getAttribute("data-why");
}

/** The way through the cells by the arrows. @param {KeyboardEvent} e */
function move(e) {
  const td = /** @type {any} */ (e.target).closest("td");
  if (!td || !e.key.startsWith("Arrow")) return;
  const row = { ArrowUp: td.parentElement.previousElementSibling, ArrowDown: td.parentElement.nextElementSibling }[e.key] ?? td.parentElement;
  const i = td.cellIndex + (e.key === "ArrowLeft" ? -1 : e.key === "ArrowRight" ? 1 : 0);
  row?.cells[i]?.querySelector("a")?.focus();
  e.preventDefault();
}

export const View = () => {
  const { queue, more } = asked.value;
  const f = figures.includes(more.figure) ? more.figure : "level";
  const slot = ["15m", "30m", "1h"].includes(more.slot) ? more.slot : "30m";
  const path = address("heatmap", { queue, slot });
  const got = useReport(path);
  return html`<${Part} name=${t("chart.heat", { name: code("chart", f) })} note=${code("heatNote", f === "offered" || f === "wait" ? "much" : "bad")} file=${path}
    right=${html`<span class="seg noprint">${figures.map((x) => html`<button class=${"btn" + (x === f ? " on" : "")} aria-pressed=${x === f} onClick=${() => ask({ figure: x === "level" ? "" : x })}>${code("chart", x)}</button>`)}</span>
      <span class="seg noprint">${["15m", "30m", "1h"].map((x) => html`<button class=${"btn" + (x === slot ? " on" : "")} aria-pressed=${x === slot} onClick=${() => ask({ slot: x === "30m" ? "" : x })}>${code("interval", x)}</button>`)}</span>`}>
    <${Got} of=${got}>${(/** @type {any} */ d) => (d.rows.length ? html`<div onMouseOver=${say} onFocusIn=${say} onKeyDown=${move}><${Map7} d=${d} f=${f} /><output class="said m"></output></div>` : html`<p class="m none">${t("chart.nothing")}</p>`)}<//>
  <//>`;
};
