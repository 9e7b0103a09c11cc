// Opening hours as rows: days with times, holidays with a name. A row is a line of the file, and the lines can be written as text instead.
import { html, signal, Glyph } from "../shared/lib.js";
import { t, code } from "../shared/text.js";
import { daysOf, daysText } from "./fields.js";

/**
 * A line in its parts; a date or time that is not filled in is "".
 * @typedef {{ days: boolean[], first: string, last: string, times: [string, string][], name: string }} Row
 */

const NONE = "-"; // stands for a date that is not filled in: the engine says at its row that it is none

/** @param {string} text @returns {[string, string][]} */
const timesOf = (text) =>
  text.split(",").map((one) => {
    const [from, to] = one.split("-");
    return [from.trim(), (to ?? "").trim()];
  });

/** @param {string} part @param {string} line @returns {Row} */
export function rowOf(part, line) {
  /** @type {Row} */
  const row = { days: daysOf(""), first: "", last: "", times: [], name: "" };
  if (part === "open") {
    const [, days, times] = line.match(/^\s*([a-z][a-z,-]*)?\s*(.*)$/i) ?? [];
    return { ...row, days: daysOf(days ?? ""), times: timesOf(times ?? "") };
  }
  // A name is kept to the letter: who is writing it has just typed the space between two words.
  const [, dates, times, name] = line.match(part === "also" ? /^\s*(\S*) *(\S*) ?(.*)$/ : /^\s*(\S*)() ?(.*)$/) ?? [];
  const [first, last] = (dates ?? "").split("..");
  return { ...row, first: first === NONE ? "" : first, last: last ?? "", times: part === "also" ? timesOf(times ?? "") : [], name: name ?? "" };
}

/** @param {string} part @param {Row} row */
export function lineOf(part, row) {
  const times = row.times.map(([from, to]) => `${from}-${to}`).join(",");
  if (part === "open") return `${daysText(row.days)} ${times}`.trim();
  const dates = (row.first || NONE) + (row.last && row.last !== row.first ? ".." + row.last : "");
  return [dates, part === "also" ? times : "", row.name].filter(Boolean).join(" ");
}

/** A row to begin with. @param {string} part */
function fresh(part) {
  if (part === "open") return "mon-fri 09:00-18:00";
  const day = new Date().toLocaleDateString("sv-SE"); // as the file writes dates
  return part === "also" ? `${day} 09:00-18:00` : day;
}

/** Parts that are shown as text. @type {import("../shared/lib.js").Signal<Record<string, boolean>>} */
const asText = signal({});

/** @param {{ id: string, row: Row, change: (r: Partial<Row>) => void }} p */
const Days = ({ id, row, change }) =>
  html`<span class="days" role="group" aria-label=${code("field", "days")}>${row.days.map(
    (on, d) => html`<button type="button" key=${d} id=${`${id}-day-${d}`} class=${"btn" + (on ? " on" : "")} aria-pressed=${on} onClick=${() => change({ days: row.days.map((x, i) => (i === d ? !x : x)) })}>${code("weekday", String(d))}</button>`,
  )}</span>`;

/** @param {{ id: string, part: string, row: Row, change: (r: Partial<Row>) => void }} p */
const Times = ({ id, part, row, change }) => {
  const put = (/** @type {number} */ i, /** @type {number} */ end, /** @type {string} */ v) => change({ times: row.times.map((x, k) => (k === i ? /** @type {[string, string]} */ (end ? [x[0], v] : [v, x[1]]) : x)) });
  const time = (/** @type {number} */ i, /** @type {number} */ end) =>
    html`<input id=${`${id}-${end ? "to" : "from"}-${i}`} aria-label=${t(end ? "hours.to" : "hours.from")} value=${row.times[i][end]} placeholder=${end ? "18:00" : "09:00"} size="5" maxlength="5" autocomplete="off" onInput=${(/** @type {any} */ e) => put(i, end, e.currentTarget.value.trim())} />`;
  return html`<span class="times">${row.times.map(
    (_, i) => html`<span class="time" key=${i}>${time(i, 0)}<span aria-hidden="true">–</span>${time(i, 1)}${row.times.length > 1 && html`<button type="button" class="btn q" aria-label=${t("hours.dropTime")} onClick=${() => change({ times: row.times.filter((_x, k) => k !== i) })}>×</button>`}</span>`,
  )}${part === "open" && html`<button type="button" class="btn q" id=${id + "-more"} onClick=${() => change({ times: [...row.times, ["", ""]] })}>+ ${t("hours.time")}</button>`}</span>`;
};

/** @param {{ id: string, part: string, row: Row, change: (r: Partial<Row>) => void }} p */
const Dates = ({ id, part, row, change }) => {
  const date = (/** @type {"first" | "last"} */ key) =>
    html`<input type="date" id=${`${id}-${key}`} aria-label=${t(key === "first" ? "hours.first" : "hours.last")} value=${row[key]} onInput=${(/** @type {any} */ e) => change({ [key]: e.currentTarget.value })} />`;
  return html`<span class="dates">${date("first")}<span aria-hidden="true">–</span>${date("last")}</span>
    ${part === "also" && html`<${Times} id=${id} part=${part} row=${row} change=${change} />`}
    <input id=${id + "-name"} class="called" aria-label=${t("hours.name")} placeholder=${t("hours.name")} maxlength="64" value=${row.name} onInput=${(/** @type {any} */ e) => change({ name: e.currentTarget.value })} />`;
};

/**
 * The lines of a part as rows.
 * @param {{ part: string, word: string, text: string, set: (text: string) => void, faults: any[], placeholder?: string }} p
 */
export const Rows = ({ part, word, text, set, faults, placeholder }) => {
  const lines = text.split("\n").filter((l) => l.trim());
  const put = (/** @type {string[]} */ all) => set(all.join("\n"));
  const turn = () => (asText.value = { ...asText.value, [part]: !asText.value[part] });
  const add = () => {
    put([...lines, fresh(part)]);
    setTimeout(() => document.getElementById(`${part}-${lines.length}-${part === "open" ? "day-0" : "first"}`)?.focus());
  };
  const remove = (/** @type {number} */ i) => {
    put(lines.filter((_, k) => k !== i));
    document.getElementById(part + "-add")?.focus();
  };
  const head = html`<span class="rh"><b>${word}</b><span class="sp"></span><button type="button" class="btn q" id=${part + "-text"} aria-pressed=${!!asText.value[part]} onClick=${turn}>${t(asText.value[part] ? "hours.asRows" : "hours.asText")}</button></span>`;
  if (asText.value[part]) return html`${head}<textarea name=${part} aria-label=${word} rows=${Math.max(2, lines.length + 1)} spellcheck=${false} placeholder=${placeholder} value=${text} onInput=${(/** @type {any} */ e) => set(e.currentTarget.value)}></textarea>`;
  return html`${head}<ul class="rows" aria-label=${word}>${lines.map((line, i) => {
      const id = `${part}-${i}`;
      const row = rowOf(part, line);
      const change = (/** @type {Partial<Row>} */ r) => put(lines.map((l, k) => (k === i ? lineOf(part, { ...row, ...r }) : l)));
      const bad = faults.filter((f) => f.key.endsWith(`.${part}[${i}]`));
      return html`<li key=${i} class=${bad.length ? "bad" : ""}>
        <div>${part === "open" ? html`<${Days} id=${id} row=${row} change=${change} /><${Times} id=${id} part=${part} row=${row} change=${change} />` : html`<${Dates} id=${id} part=${part} row=${row} change=${change} />`}</div>
        <button type="button" class="btn q" aria-label=${`${t("admin.remove")}: ${line}`} onClick=${() => remove(i)}>×</button>
        ${bad.map((f) => html`<p class="crit" role="alert"><${Glyph} name="crit" /> ${f.problem}${f.want && html` <span class="m">${f.want}</span>`}</p>`)}</li>`;
    })}</ul>
    <button type="button" class="btn" id=${part + "-add"} onClick=${add}>+ ${code("hours.add", part)}</button>`;
};
