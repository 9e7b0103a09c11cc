// One contact: its recording with what happened when, its timeline, visits, offers and lines.
import { html, signal, Glyph } from "../shared/lib.js";
import { useEffect, useState } from "../vendor/preact/hooks.module.js";
import { t, code } from "../shared/text.js";
import { api, Problem } from "../shared/api.js";
import { clock, dayTime, dur, num, number, DASH } from "../shared/format.js";
import { Blank, may } from "../shared/shell.js";
import { codePath } from "../shared/codes.js";
import { names } from "./names.js";
import { chosen } from "./pick.js";
import { Outcome } from "./list.js";
import { tape, Wave, Controls, playerKey } from "./player.js";
import { detail, diverted, handed, target, weight } from "./timeline.js";

/** @typedef {{ kind: string, from_ms: number, to_ms: number, side?: string, queue?: string, agent?: string }} Span */
/** @typedef {import("./player.js").Tape} Tape */

/** Loads a contact and, if it may be heard, what its player needs. @param {string} id */
async function load(id) {
  const at = "/contacts/" + encodeURIComponent(id);
  const contact = await api(at);
  if (!contact.recording?.file) return { contact };
  const points = Math.max(400, Math.min(4000, Math.round(innerWidth / 2)));
  const [sidecar, peaks] = await Promise.all([api(at + "/spans").catch(() => null), api(`${at}/peaks?points=${points}`).catch(() => null)]);
  return { contact, sidecar, tape: peaks && peaks.ms > 0 ? tape(`/api/v1${at}/recording`, peaks) : undefined };
}

/** Spans that hold the line, without rings (inside the wait) and gaps. @param {{ spans: Span[], ms: number }} p */
const Lanes = ({ spans, ms }) => {
  /** @type {string[]} */
  const order = [];
  return html`<div class="lanes">
    ${spans
      .filter((s) => s.kind !== "ring" && s.kind !== "gap" && s.to_ms > s.from_ms)
      .map((s) => {
        if (s.kind === "agent" && s.agent && !order.includes(s.agent)) order.push(s.agent);
        const word = s.kind === "agent" ? names.agent(s.agent) : s.kind === "away" ? `${code("span", s.kind)} ${names.agent(s.agent)}` : s.kind === "queue" ? `${code("span", s.kind)} ${names.queue(s.queue)}` : code("span", s.kind);
        const other = s.kind === "agent" && order.indexOf(s.agent ?? "") % 2 === 1 ? " other" : "";
        const d = dur(s.to_ms - s.from_ms);
        return html`<div class=${"span " + s.kind + other} title=${`${word} ${d}`} style=${place(s, ms)}><b>${word}</b><span>${d}</span></div>`;
      })}
  </div>`;
};

/** @param {{ from_ms: number, to_ms: number }} s @param {number} ms */
const place = (s, ms) => ({ left: (s.from_ms / ms) * 100 + "%", width: (Math.max(0, s.to_ms - s.from_ms) / ms) * 100 + "%" });

/** @param {{ ms: number }} p */
const Ruler = ({ ms }) => {
  const most = Math.max(4, Math.floor(innerWidth / 110));
  const step = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800].find((s) => ms / 1000 / s <= most) ?? 3600;
  const marks = Array.from({ length: Math.floor(ms / 1000 / step) + 1 }, (_, i) => i * step * 1000);
  return html`<div class="ruler" aria-hidden="true">${marks.map((m) => html`<i style=${{ left: (m / ms) * 100 + "%" }}>${m / ms < 0.97 && dur(m)}</i>`)}</div>`;
};

/** What lies over the waveform: where nobody is joined, and what is missing. @param {{ spans: Span[], ms: number }} p */
const Over = ({ spans, ms }) => html`${spans
  .filter((s) => s.kind === "ivr" || s.kind === "queue" || s.kind === "hold" || s.kind === "gap")
  .map((s) => html`<i class=${`area ${s.kind} ${s.side ?? ""}`} title=${s.kind === "gap" ? t("qa.gap", { d: dur(s.to_ms - s.from_ms) }) : undefined} style=${place(s, ms)}></i>`)}`;

/** @param {{ c: any }} p */
const Integrity = ({ c }) => {
  const r = c.recording;
  if (!r) return html`<span class="m">${c.ended ? t("qa.noRecording") : t("qa.running")}</span>`;
  if (r.error) return html`<span class="sv warn"><${Glyph} name="warn" />${t("qa.incomplete")}</span>`;
  return html`<span class="sv m" title=${r.sha256}><${Glyph} name="ok" />${r.repaired ? t("qa.sealedRepaired") : t("qa.sealed")}</span>`;
};

/** Other contacts that this one has to do with. @param {{ ids: string[] }} p */
const Related = ({ ids }) => ids.map((id, i) => html`${i > 0 && ", "}<a class="fig" href=${"?id=" + encodeURIComponent(id)}>${"…" + id.slice(-4)}</a>`);

/** Nothing to erase: withheld, or erased. @param {any} c */
const numberless = (c) => !/^[+\d]/.test((c.direction === "outbound" ? c.to : c.from.number) ?? "");

/** Erases the customer, once one is sure. @param {{ id: string }} p */
const Erase = ({ id }) => {
  const [step, to] = useState(/** @type {"" | "sure" | "busy"} */ (""));
  const [said, say] = useState("");
  const go = async () => {
    if (step === "") return to("sure");
    to("busy");
    try {
      await api("/customers/" + encodeURIComponent("contact:" + id), { method: "DELETE" });
      location.reload();
    } catch (e) {
      say(e instanceof Problem && e.status ? e.message : t("error.unreachable"));
      to("");
    }
  };
  return html`<button class=${step === "sure" ? "btn x" : "btn q"} disabled=${step === "busy"} title=${t("qa.eraseHint")} onBlur=${() => step === "sure" && to("")} onClick=${go}>${step === "sure" ? t("qa.eraseSure") : t("qa.erase")}</button>
    <span class="sv warn" role="status">${said && html`<${Glyph} name="warn" />${said}`}</span>`;
};

/** @param {{ c: any }} p */
const Meta = ({ c }) => html`<div class="meta">
  <h1>${c.from.name} ${c.direction === "outbound" ? c.to : number(c.from.number)}</h1>
  <${Outcome} outcome=${c.outcome} direction=${c.direction} />
  ${c.queues && html`<span><span class="d">${t("qa.queue")}</span>${c.queues.map(names.queue).join(" → ")}</span>`}
  <span><span class="d">${t("qa.began")}</span>${dayTime(c.started)}</span>
  <span><span class="d">${t("qa.length")}</span>${dur(c.ms)}</span>
  ${c.agents && html`<span><span class="d">${t("qa.agent")}</span>${c.agents.map(names.agent).join(" → ")}</span>`}
  <span><span class="d">${t("qa.dialled")}</span>${c.to || DASH}</span>
  ${c.diverted && html`<span><span class="d">${t("qa.diverted")}</span>${diverted(c.diverted)}</span>`}
  ${c.for && html`<span><span class="d">${t("qa.madeFor")}</span><${Related} ids=${[c.for]} /></span>`}
  ${c.led_to && html`<span><span class="d">${t("qa.ledTo")}</span><${Related} ids=${c.led_to} /></span>`}
  <span class="sp"></span>
  ${may("erase_customers") && c.ended && !numberless(c) && html`<${Erase} key=${c.id} id=${c.id} />`}
  <${Integrity} c=${c} />
</div>`;

/** @param {{ c: any, tape: Tape | undefined, began: number, all: boolean }} p */
const Timeline = ({ c, tape, began, all }) => html`<table class="facts">
  <thead><tr><th class="n">${tape ? t("qa.place0") : t("qa.time")}</th><th>${t("qa.what")}</th><th>${t("qa.detail")}</th><th class="n">${t("qa.clock")}</th></tr></thead>
  <tbody>
    ${(c.timeline ?? [])
      .filter((/** @type {any} */ e) => all || weight(e))
      .map((/** @type {any} */ e) => {
        const s = (Date.parse(e.at) - began) / 1000;
        const there = tape && s >= -1 && s <= tape.length + 1; // the first and last facts stand just outside the sound
        return html`<tr key=${e.seq} class=${weight(e)}>
          <td class="n">${there ? html`<button class="go" onClick=${() => tape.seek(s)}>${dur(s * 1000)}</button>` : html`<span class="d">${DASH}</span>`}</td>
          <td class="nw">${weight(e) === "warn" && html`<${Glyph} name="warn" />`}${code("fact", e.kind)}</td>
          <td>${detail(e)}</td>
          <td class="n d">${clock(e.at)}</td>
        </tr>`;
      })}
  </tbody>
</table>`;

/** @param {{ c: any }} p */
const Side = ({ c }) => html`${(c.visits ?? []).map(
    (/** @type {any} */ v) => html`<section>
      <h2><b>${names.queue(v.queue)}</b> <${Outcome} outcome=${v.outcome ?? "open"} />${v.short && html`<span class="m">${t("qa.short")}</span>`}</h2>
      <dl class="kv">
        <dt>${t("qa.wait")}</dt><dd>${dur(v.wait_ms)}</dd>
        <dt>${t("qa.target")}</dt><dd>${dur(v.target_ms)} ${v.target_met === null || v.target_met === undefined ? "" : v.target_met ? t("qa.met") : html`<span class="sv warn"><${Glyph} name="warn" />${t("qa.missed")}</span>`}</dd>
        <dt>${t("qa.entry")}</dt><dd>${code("entry", v.entry)}</dd>
        <dt>${t("qa.priority")}</dt><dd>${num(v.priority)}</dd>
      </dl>
      <ul class="offers">
        ${(c.offers ?? [])
          .filter((/** @type {any} */ o) => o.visit === v.id)
          .map((/** @type {any} */ o) => html`<li><b>${names.agent(o.agent)}</b> ${code("offer", o.result || "ringing")} <span class="d">${dur(o.ring_ms)}</span><p class="m">${chosen(o)}</p></li>`)}
      </ul>
    </section>`,
  )}
  ${(c.blocked ?? []).map((/** @type {any} */ b) => html`<section><h2><b>${names.queue(b.queue)}</b> <${Outcome} outcome="blocked" /></h2><p class="m">${code("blocked", b.reason)}</p></section>`)}
  ${c.segments &&
  html`<section>
    <h2><b>${t("qa.segments")}</b></h2>
    <table><thead><tr><th>${t("qa.agent")}</th><th class="n">${t("qa.talk")}</th><th class="n">${t("qa.hold")}</th><th class="n">${t("qa.wrap")}</th></tr></thead>
      <tbody>${c.segments.map((/** @type {any} */ s) => html`<tr><td class="cut">${names.agent(s.agent)}</td><td class="n">${dur(s.talk_ms)}</td><td class="n">${s.hold_ms ? dur(s.hold_ms) : DASH}</td><td class="n">${s.wrap_ms ? dur(s.wrap_ms) : DASH}</td></tr>`)}</tbody></table>
  </section>`}
  ${c.coded &&
  html`<section>
    <h2><b>${t("qa.coded")}</b></h2>
    <ul class="offers">
      ${c.coded.map((/** @type {any} */ x) => html`<li><b>${names.agent(x.agent)}</b> ${x.code ? codePath(x.code) : x.missing ? html`<span class="sv warn"><${Glyph} name="warn" />${t("qa.uncoded")}</span>` : ""} ${x.by && html`<span class="d">${t("qa.doneBy", { who: x.by })}</span>`}${x.note && html`<p class="m pre">${x.note}</p>`}</li>`)}
    </ul>
  </section>`}
  ${c.transfers &&
  html`<section class="tf">
    <h2><b>${t("qa.transfers")}</b></h2>
    <table><thead><tr><th>${t("qa.agent")}</th><th>${t("qa.how")}</th><th>${t("qa.toWhom")}</th><th>${t("qa.outcome")}</th></tr></thead>
      <tbody>${c.transfers.map((/** @type {any} */ x) => html`<tr><td>${names.agent(x.agent)}</td><td>${code("transfer", x.how)}</td><td>${target(x)}</td><td>${x.result === "done" ? t("qa.handedOn") : html`<span class="warn"><${Glyph} name="warn" /> ${handed(x)}</span>`}</td></tr>`)}</tbody></table>
  </section>`}
  ${c.legs &&
  html`<section class="ln">
    <h2><b>${t("qa.lines")}</b></h2>
    <table><thead><tr><th>${t("qa.line")}</th><th>${t("qa.codec")}</th><th>SRTP</th><th class="n">${t("qa.packets")}</th><th class="n">${t("qa.lost")}</th><th class="n">${t("qa.jitter")}</th><th class="n">${t("qa.mos")}</th><th class="n">${t("qa.mosThere")}</th></tr></thead>
      <tbody>${c.legs.map((/** @type {any} */ l) => html`<tr><td class="cut">${l.role === "agent" ? names.agent(l.agent) : code("role", l.role)}</td><td>${l.codec ?? DASH}</td><td>${l.stats?.secure ? l.stats.secure.toUpperCase() : DASH}</td><td class="n">${num(l.stats?.received)}</td><td class="n">${num(l.stats?.lost)}</td><td class="n">${l.stats ? l.stats.jitter_ms.toFixed(1) : DASH}</td><td class="n">${oneWay(l) ? html`<span class="warn">${t("qa.oneWay")}</span>` : score(l.stats?.mos)}</td><td class="n">${score(l.stats?.remote_mos)}</td></tr>`)}</tbody></table>
  </section>`}`;

/** @param {number | undefined} mos */
const score = (mos) => (mos ? mos.toFixed(2) : DASH);

/** Whether a line that was answered was never heard. @param {any} l */
const oneWay = (l) => Boolean(l.answered && l.stats && l.stats.received === 0);

const everything = signal(false);

/** @param {{ id: string, back: () => void, before: false | (() => void), after: false | (() => void) }} p */
export const Detail = ({ id, back, before, after }) => {
  const [got, set] = useState(/** @type {any} */ (null));
  const [again, retry] = useState(0);
  useEffect(() => {
    let gone = false;
    /** @type {Tape | undefined} */
    let held;
    load(id).then(
      (x) => {
        held = x.tape;
        if (gone) held?.close();
        else set(x);
      },
      (e) => gone || set({ error: e instanceof Problem && e.status ? t("qa.failed", { detail: `${e.message} (${e.status})` }) : t("error.unreachable") }),
    );
    return () => {
      gone = true;
      held?.close();
    };
  }, [id, again]);
  useEffect(() => {
    if (!got?.tape) return;
    const on = (/** @type {KeyboardEvent} */ e) => playerKey(got.tape, e);
    document.addEventListener("keydown", on);
    return () => document.removeEventListener("keydown", on);
  }, [got]);
  const bar = html`<div class="way">
    <button class="btn q" onClick=${back}>${t("qa.toList")} <kbd>Esc</kbd></button>
    <button class="btn q" disabled=${!before} onClick=${before || undefined}>${t("qa.before")} <kbd>⇧←</kbd></button>
    <button class="btn q" disabled=${!after} onClick=${after || undefined}>${t("qa.after")} <kbd>⇧→</kbd></button>
    <span class="sp"></span><span class="d">${t("qa.noted")}</span>
  </div>`;
  if (!got) return html`${bar}<${Blank} state="loading" />`;
  if (got.error) return html`${bar}<${Blank} state="error" text=${got.error} retry=${() => (set(null), retry(again + 1))} />`;
  const c = got.contact;
  const ms = got.tape?.peaks.ms ?? 0;
  const spans = got.sidecar?.spans ?? [];
  const began = got.sidecar ? Date.parse(got.sidecar.began) : Date.parse(c.started);
  return html`${bar}
    <section class="pl">
      <${Meta} c=${c} />
      ${got.tape
        ? html`<${Lanes} spans=${spans} ms=${ms} /><${Ruler} ms=${ms} />
            <div class="wv"><${Over} spans=${spans} ms=${ms} /><${Wave} tape=${got.tape} /><span class="chn l">${t("qa.left")}</span><span class="chn r">${t("qa.right")}</span></div>
            <${Controls} tape=${got.tape} url=${`/api/v1/contacts/${encodeURIComponent(id)}/recording`} />`
        : (c.recording?.error || c.recording?.file) && html`<p class="m none">${c.recording.error || t("qa.unreadable")}</p>`}
    </section>
    <div class="two">
      <section class="tl">
        <h2><b>${t("qa.timeline")}</b><span class="sp"></span><label class="m"><input type="checkbox" checked=${everything.value} onChange=${(/** @type {any} */ e) => (everything.value = e.target.checked)} /> ${t("qa.everything")}</label></h2>
        <${Timeline} c=${c} tape=${got.tape} began=${began} all=${everything.value} />
        ${c.timeline_cut > 0 && html`<p class="m">${t("qa.cut", { n: c.timeline_cut })}</p>`}
      </section>
      <aside class="side"><${Side} c=${c} /></aside>
    </div>`;
};
