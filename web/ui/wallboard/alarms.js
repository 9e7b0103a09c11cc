// The line of alarms: the worst, the next, and how many more.
import { html, Glyph } from "../shared/lib.js";
import { t, code } from "../shared/text.js";
import { dur, pct } from "../shared/format.js";
import { now, since } from "../shared/live.js";
import { reasonWord } from "../shared/reasons.js";

/** @param {any[]} list @param {string | undefined} id */
const nameOf = (list, id) => list.find((x) => x.id === id)?.name ?? id ?? "";

/**
 * An alarm in words: what, and how much since when.
 * @param {any} a @param {any} view
 */
export function words(a, view) {
  const at = Date.parse(view.at);
  const lasts = t("alarm.lasts", { for: dur(since(a.since)) });
  const value = dur(a.value_ms + (view.past ? 0 : Math.max(0, now.value - at)));
  switch (a.kind) {
    case "longest_wait":
      return { head: t("alarm.wait", { queue: nameOf(view.queues, a.queue), value }), rest: t("alarm.above", { limit: Math.round(a.limit_ms / 1000), lasts }) };
    case "service_level":
      return {
        head: t("alarm.level", { queue: nameOf(view.queues, a.queue), value: pct(a.value, 0) }),
        rest: t("alarm.below", { limit: pct(a.limit, 0), lasts }),
      };
    case "over_time":
      return { head: t("alarm.over", { agent: nameOf(view.agents, a.agent), what: reasonWord(a.reason ?? ""), value }), rest: t("alarm.allowed", { limit: dur(a.limit_ms) }) };
    case "quality":
      return { head: t("alarm.quality", { agent: nameOf(view.agents, a.agent), n: a.value }), rest: [a.detail, lasts].join(" · ") };
  }
  const [id, of] = a.alarm.split(/:(.*)/s); // webhook_lost:crm is about one of several
  return {
    head: t("alarm.engine", { what: [a.agent && nameOf(view.agents, a.agent), code("alarmName", id), of].filter(Boolean).join(" ") }),
    rest: [a.detail !== of && a.detail, lasts].filter(Boolean).join(" · "),
  };
}

/** One alarm with its words. @param {{ a: any, view: any, children?: any }} p */
const Line = ({ a, view, children }) => {
  const w = words(a, view);
  return html`<div class=${"alarm " + (a.acknowledged ? "acked" : a.severity)} role="alert" aria-live="off">
    <span class=${a.acknowledged ? "d" : "sev worst " + a.severity}><${Glyph} name=${a.severity} title=${code("sev", a.severity)} />${w.head}</span>
    <span class="what">${w.rest}</span><span class="sp"></span>${children}
  </div>`;
};

/**
 * The worst in full, the next in short and how many more there are; with more lines than one, as many in full as there is room for.
 * @param {{ view: any, lines?: number }} p
 */
export const Alarms = ({ view, lines = 1 }) => {
  const all = view.alarms; // who is looked after already stands behind
  if (all.length === 0) return html`<div class="alarm" role="status" aria-live="off"><span class="none">${t("alarm.none")}</span></div>`;
  const whole = all.slice(0, lines);
  const next = lines === 1 ? all[1] : undefined;
  const more = all.length + (view.hidden ?? 0) - whole.length - (next ? 1 : 0);
  return whole.map((/** @type {any} */ a, /** @type {number} */ i) => html`<${Line} key=${a.key} a=${a} view=${view}>
    ${next && html`<span class=${"sev next " + next.severity}><${Glyph} name=${next.severity} title=${code("sev", next.severity)} />${words(next, view).head}</span>`}
    ${more > 0 && i === whole.length - 1 && html`<span class="more">${t("alarm.more", { n: more })}</span>`}
  </${Line}>`);
};
