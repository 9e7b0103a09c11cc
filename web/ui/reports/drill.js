// The contacts that a figure counts: as many as it says, each with its record and its recording.
import { html, signal, Glyph } from "../shared/lib.js";
import { useEffect, useState } from "../vendor/preact/hooks.module.js";
import { t, code, lang } from "../shared/text.js";
import { api } from "../shared/api.js";
import { dayTime, dur, num, number, DASH } from "../shared/format.js";
import { Blank, may } from "../shared/shell.js";
import { codePath } from "../shared/codes.js";
import { names } from "../qa/names.js";
import { asked, ask, span, useReport } from "./source.js";
import { cellKeys, drillKeys } from "./figure.js";
import { Files } from "./parts.js";

const PAGE = 100;

/** The row that is open. */
const chosen = signal("");

/** What is asked for. @returns {import("./figure.js").Drill | null} */
export function drilled() {
  const m = asked.value.more;
  if (!m.drill) return null;
  return { figure: m.drill, queue: m["d.queue"], agent: m["d.agent"], team: m["d.team"], from: m["d.from"] || span().from, to: m["d.to"] || span().to, order: m["d.order"],
    cell: Object.fromEntries(cellKeys.flatMap((k) => (m["d." + k] ? [[k, m["d." + k]]] : []))) };
}

export const leave = () => ask(Object.fromEntries(drillKeys.map((k) => [k, ""])));

/** A figure by its name in the API. @param {string} figure */
function words(figure) {
  const own = figure.replace(" ", "_");
  if (code("counted", own) !== own) return code("counted", own);
  const [part, rest] = figure.includes(" ") ? figure.split(" ") : ["", figure];
  const word = code("col", rest.replace(/^\w+_by\./, (g) => g.slice(0, 4) + "_").replace("rings.", "ring_"));
  return part === "out" ? t("reports.outOf", { name: word }) : word;
}

/** A step of a flow, a queue or an end, by its id. @param {string} id */
const step = (id) => (id === "start" ? t("chart.begin") : id.startsWith("queue:") ? names.queue(id.slice(6)) : id.startsWith("exit:") ? code("ivrend", id.slice(5)) : id.split(" ")[0]);

/** @param {string} weekday @param {string} minute */
function slot(weekday, minute) {
  const day = new Intl.DateTimeFormat(lang.value, { weekday: "long", timeZone: "UTC" }).format(new Date(Date.UTC(2024, 0, Number(weekday))));
  return `${day} ${String(Math.floor(Number(minute) / 60)).padStart(2, "0")}:${String(Number(minute) % 60).padStart(2, "0")}`;
}

/** Where the figure stands in its report. @param {Record<string, string>} c */
function spot(c) {
  return [
    c.weekday && slot(c.weekday, c.minute || "0"), c.came && `${names.queue(c.came)} →`, c.code && codePath(c.code), c.days && t("chart.fcrNote", { n: c.days }),
    c.group === "agent" ? names.agent(c.id) : c.id, c.flow, c.node && step(c.node) + (c.to_node ? ` → ${step(c.to_node)}` : ""), c.moment && dayTime(c.moment),
  ].filter((x) => x);
}

/** Its times as short as they can be: the end of a day is not the next. @param {string} from @param {string} to */
const times = (from, to) => `${dayTime(from).replace(/:00$/, "")} – ${dayTime(to).replace(/:00$/, "")}`;

/** @param {any} d @param {number} skip */
const query = (d, skip) => {
  const q = new URLSearchParams({ figure: d.figure, from: d.from, to: d.to, queue: d.queue ?? "", agent: d.agent ?? "", team: d.team ?? "", by: asked.value.by, order: d.order ?? "", ...d.cell, limit: String(PAGE), skip: String(skip), before: asked.value.more.before ?? "" });
  for (const [k, v] of [...q]) if (!v) q.delete(k);
  return "/reports/visits?" + q;
};

/** What opens under a row: the contact in short, its recording, its record. @param {{ id: string }} p */
const Open = ({ id }) => {
  const [got, set] = useState(/** @type {any} */ (null));
  useEffect(() => {
    let gone = false;
    api("/contacts/" + encodeURIComponent(id)).then((c) => gone || set(c), () => gone || set({ failed: true }));
    return () => {
      gone = true;
    };
  }, [id]);
  if (!got) return html`<p class="d">…</p>`;
  if (got.failed) return html`<p class="crit">${t("error.unreachable")}</p>`;
  const visits = got.visits ?? [];
  return html`<div class="rec">
    <p>${visits.map((/** @type {any} */ v, /** @type {number} */ i) => html`${i > 0 && html`<span class="d"> → </span>`}${names.queue(v.queue)} <span class="m">${code("outcome", v.outcome || "open")} ${dur(v.wait_ms)}</span>`)}
      ${(got.segments ?? []).map((/** @type {any} */ s) => html`<span class="seg1"><b>${names.agent(s.agent)}</b> <span class="m">${t("reports.talk1")} ${dur(s.talk_ms)}${s.hold_ms ? ` · ${t("reports.hold1")} ${dur(s.hold_ms)}` : ""}${s.wrap_ms ? ` · ${t("reports.wrap1")} ${dur(s.wrap_ms)}` : ""}</span></span>`)}</p>
    ${got.has_recording && may("listen") && html`<audio controls preload="none" src=${`/api/v1/contacts/${encodeURIComponent(id)}/recording`}></audio>`}
    <p class="acts"><a class="btn" href=${"/qa?id=" + encodeURIComponent(id)}>${t("reports.record")} <kbd>↵</kbd></a><span class="d">${id}</span></p>
  </div>`;
};

/** What tells a row from the others. @param {any} v */
const key = (v) => v.contact + (v.visit ?? "") + (v.agent ?? "") + v.at;

/** @param {{ v: any, on: boolean, first: boolean }} p */
const Row = ({ v, on }) => html`<tr class=${"row" + (on ? " on" : "")} aria-expanded=${on} onClick=${() => (chosen.value = on ? "" : key(v))}>
    <td class="nw"><button class="pick" aria-expanded=${on}>${dayTime(v.at)}</button></td>
    <td class="cut">${v.from?.number ? number(v.from.number) : html`<span class="d">${DASH}</span>`}${v.from?.name && html` <span class="d">${v.from.name}</span>`}</td>
    <td class="cut">${names.queue(v.queue)}</td>
    <td>${v.result ? code("offer", v.result) : v.blocked ? code("blocked", v.blocked) : code("outcome", v.outcome || "open")}${v.times > 1 && html`<span class="d"> × ${v.times}</span>`}</td>
    <td class="n">${dur(v.wait_ms)}</td>
    <td class="cut">${v.agent ? names.agent(v.agent) : html`<span class="d">${DASH}</span>`}</td>
    <td class="n">${v.talk_ms ? dur(v.talk_ms) : html`<span class="d">${DASH}</span>`}</td>
    <td>${v.has_recording ? html`<span class="heard"><${Glyph} name="play" />${t("qa.recorded")}</span>` : html`<span class="d">${DASH}</span>`}</td>
  </tr>
  ${on && html`<tr class="under"><td colspan="8"><${Open} id=${v.contact} /></td></tr>`}`;

/** @param {KeyboardEvent} e @param {any[]} items */
function keys(e, items) {
  const i = items.findIndex((v) => key(v) === chosen.value);
  const step = { ArrowDown: 1, ArrowUp: -1 }[e.key];
  if (step && items.length) {
    const v = items[Math.max(0, Math.min(items.length - 1, i + step))];
    chosen.value = key(v);
    requestAnimationFrame(() => document.querySelector("tr.row.on")?.scrollIntoView({ block: "nearest" }));
    e.preventDefault();
  }
  if (e.key === "Enter" && i >= 0 && /** @type {HTMLElement} */ (e.target).tagName !== "A") {
    location.href = "/qa?id=" + encodeURIComponent(items[i].contact);
    e.preventDefault();
  }
}

export const Drilled = () => {
  const d = /** @type {any} */ (drilled());
  const skip = Number(asked.value.more.skip) || 0;
  const got = useReport(query(d, skip));
  useEffect(() => void (chosen.value = ""), [d.figure, d.queue, d.agent, d.from, skip, asked.value.more.before]);
  const p = got.data;
  const about = [d.queue && names.queue(d.queue), d.agent && names.agent(d.agent), d.team, ...spot(d.cell), times(d.from, d.to)].filter((x) => x).join(" · ");
  return html`<section class="part drill" aria-busy=${got.busy} onKeyDown=${(/** @type {KeyboardEvent} */ e) => p && keys(e, p.items)}>
    <div class="h"><button class="btn q back" onClick=${leave}>${t("reports.back")} <kbd>Esc</kbd></button><h2>${words(d.figure.replace(/^agent /, ""))}</h2><span class="m">${about}</span>
      ${p && html`<b role="status">${p.before ? t("reports.countedSoFar", { n: num(p.count), at: dayTime(p.looked) }) : t("reports.counted", { n: num(p.count) })}</b>${p.contacts !== p.count && html`<span class="d">${t("reports.countedContacts", { n: num(p.contacts) })}</span>`}`}
      <span class="sp"></span><span class="d">${t("reports.by")} ${code("by", p?.by ?? asked.value.by)}</span>${p && html`<${Files} file=${query(d, 0)} />`}</div>
    ${!p && got.problem && html`<${Blank} state="error" text=${got.problem} retry=${leave} />`}
    ${!p && !got.problem && html`<${Blank} state="loading" />`}
    ${p && p.before && html`<p class="m noprint">${t("reports.lookedBack", { at: dayTime(p.looked) })} <button class="btn" onClick=${() => ask({ before: String(p.before), skip: "" })}>${t("reports.lookFurther")}</button></p>`}
    ${p && !p.items.length && !p.before && html`<${Blank} state="empty" text=${t("reports.noneCounted")} />`}
    ${p && p.items.length > 0 && html`<table class="list">
      <thead><tr><th>${t("qa.time")}</th><th>${t("qa.number")}</th><th>${t("qa.queue")}</th><th>${t("qa.outcome")}</th><th class="n">${t("qa.wait")}</th><th>${t("qa.agent")}</th><th class="n">${t("qa.talk")}</th><th>${t("qa.recording")}</th></tr></thead>
      <tbody>${p.items.map((/** @type {any} */ v) => html`<${Row} key=${key(v)} v=${v} on=${chosen.value === key(v)} />`)}</tbody>
    </table>
    ${(skip > 0 || p.next > 0) && html`<p class="pages noprint"><button class="btn" disabled=${skip === 0} onClick=${() => ask({ skip: skip > PAGE ? String(skip - PAGE) : "" })}>${t("reports.pageBefore")}</button>
      <span class="m">${num(skip + 1)}–${num(skip + p.items.length)} / ${num(p.count)}</span>
      <button class="btn" disabled=${!p.next} onClick=${() => ask({ skip: String(p.next) })}>${t("reports.pageAfter")}</button></p>`}`}
  </section>`;
};
