// The facts of a contact in words.
import { t, code } from "../shared/text.js";
import { clock, dur, num, number } from "../shared/format.js";
import { names } from "./names.js";
import { chosen } from "./pick.js";

/** @typedef {{ seq: number, at: string, kind: string, leg?: string, agent?: string, queue?: string, fact: any }} Entry */

/** What a step of a flow came to: the last word may be one of ours, all others are the centre's. @param {{ step: string, detail?: string }} f */
function stepDetail({ step, detail = "" }) {
  if (step === "number") return code("cause", detail);
  if (["play", "queue", "flow", "set", "language", "say", "consent"].includes(step)) return detail;
  const at = detail.lastIndexOf(" ") + 1;
  return detail.slice(0, at) + code("stepDetail", detail.slice(at));
}

/** By which number a call came, why, and how often it was sent on if that is not once. @param {{ number: string, reason?: string, count?: number }} d */
export const diverted = (d) => [number(d.number), code("diverted", d.reason), (d.count ?? 0) > 1 && t("qa.divertedTimes", { n: d.count ?? 0 })].filter(Boolean).join("\u2002");

/** To whom a customer was handed on. @param {{ target: string, to: string }} x */
export const target = (x) => (x.target === "agent" ? names.agent(x.to) : x.target === "queue" ? names.queue(x.to) : `${code("target", x.target)} ${x.to}`);

/** What became of it. @param {{ result: string }} x */
export const handed = (x) => (x.result === "done" ? t("qa.handedOn") : t("qa.notHanded", { why: code("cause", x.result) }));

/** What a fact says beyond its kind: plain text, made of words and of what was in the call. @type {Record<string, (e: Entry) => (string | undefined | false)[]>} */
const details = {
  call_started: (e) => [code("direction", e.fact.direction), e.fact.from?.number && number(e.fact.from.number), e.fact.to && "→ " + e.fact.to, e.fact.trunk, e.fact.diverted && t("qa.divertedFrom", { number: diverted(e.fact.diverted) })],
  leg_started: (e) => [code("role", e.fact.role), e.fact.role === "agent" ? names.agent(e.agent) : e.fact.to],
  leg_rang: (e) => [names.agent(e.agent)],
  leg_answered: (e) => [code("role", e.fact.role), names.agent(e.agent), e.fact.codec],
  leg_ended: (e) => [code("role", e.fact.role), names.agent(e.agent), code("cause", e.fact.cause)],
  flow_stepped: (e) => [e.fact.path, code("step", e.fact.step), stepDetail(e.fact)],
  answered: (e) => [names.agent(e.agent), t("qa.afterWait", { d: dur(e.fact.wait_ms) }), e.fact.no_media && t("qa.noMedia")],
  held: (e) => [e.fact.by ? code("role", e.fact.by) : names.agent(e.agent), e.fact.away ? (e.fact.on ? t("qa.awayOn") : t("qa.awayOff", { d: dur(e.fact.ms) })) : e.fact.on ? t("qa.holdOn") : t("qa.holdOff", { d: dur(e.fact.ms) })],
  announced: (e) => [code("announced", e.fact.what), e.fact.what === "wait" ? dur(e.fact.value) : e.fact.value ? num(e.fact.value) : ""],
  media_went_silent: (e) => [names.agent(e.agent), dur(e.fact.ms)],
  call_ended: (e) => [code("cause", e.fact.cause), e.fact.by && t("qa.by", { who: code("role", e.fact.by) })],
  queued: (e) => [names.queue(e.queue), t("qa.position", { n: e.fact.position })],
  blocked: (e) => [names.queue(e.queue), code("blocked", e.fact.reason)],
  offered: (e) => [names.agent(e.agent), chosen(e.fact)],
  offer_lost: (e) => [names.agent(e.agent), code("offer", e.fact.result), dur(e.fact.ring_ms)],
  connected: (e) => [names.agent(e.agent), t("qa.rang", { d: dur(e.fact.ring_ms) })],
  abandoned: (e) => [names.queue(e.queue), t("qa.afterWait", { d: dur(e.fact.wait_ms) }), e.fact.ringing && t("qa.whileRinging")],
  left: (e) => [names.queue(e.queue), code("outcome", e.fact.outcome), e.fact.to && "→ " + e.fact.to],
  released: (e) => [names.agent(e.agent), t("qa.talked", { d: dur(e.fact.talk_ms) }), e.fact.by && t("qa.by", { who: code("role", e.fact.by) })],
  wrap_ended: (e) => [names.agent(e.agent), dur(e.fact.ms)],
  recording_stored: (e) => [dur(e.fact.ms), e.fact.gaps ? t("qa.gaps", { n: e.fact.gaps }) : "", e.fact.repaired && t("qa.repaired")],
  recording_failed: (e) => [e.fact.error],
  transferred: (e) => [names.agent(e.agent), code("transfer", e.fact.how), "→ " + target(e.fact), handed(e.fact)],
  transfer_refused: (e) => [names.agent(e.agent), e.fact.to && "→ " + e.fact.to, code("referRefused", String(e.fact.code))],
  called_in: (e) => [names.agent(e.agent), t("qa.calledBy", { who: names.agent(e.fact.by) })],
  joined: (e) => [names.agent(e.agent), t("qa.joinedAfter", { d: dur(e.fact.ring_ms) })],
  agent_set: (e) => [names.agent(e.agent), code("state", e.fact.state)],
  agent_next: (e) => [names.agent(e.agent), code("state", e.fact.state)],
  relaxed: (e) => [names.queue(e.queue), e.fact.needs],
  prefer_ended: (e) => [names.queue(e.queue)],
  reprioritised: (e) => [names.queue(e.queue), num(e.fact.priority), e.fact.by && t("qa.doneBy", { who: e.fact.by })],
  consent_asked: (e) => [e.fact.given ? t("qa.consentYes") : t("qa.consentNo")],
  voicemail_left: (e) => [dur(e.fact.ms), e.fact.owner],
  survey_stepped: (e) => [names.agent(e.agent), code("survey", e.fact.stage), e.fact.question, e.fact.score ? num(e.fact.score) : ""],
  task_closed: (e) => [e.fact.by && t("qa.doneBy", { who: e.fact.by })],
  callback_asked: (e) => [names.queue(e.queue), number(e.fact.number)],
  callback_due: (e) => [names.agent(e.agent), number(e.fact.number), t("qa.tryOf", { n: e.fact.try })],
  callback_tried: (e) => [t("qa.tryOf", { n: e.fact.try }), code("cause", e.fact.cause), e.fact.next && t("qa.nextAt", { time: clock(e.fact.next) })],
  callback_ended: (e) => [code("promise", e.fact.result), e.fact.by && t("qa.doneBy", { who: e.fact.by })],
  alarm_raised: (e) => [code("alarmName", e.fact.alarm.split(":")[0]), names.agent(e.agent)],
  alarm_cleared: (e) => [code("alarmName", e.fact.alarm.split(":")[0]), names.agent(e.agent)],
  audited: (e) => [e.fact.user, code("act", e.fact.act)],
};

/** @param {Entry} e */
export const detail = (e) => (details[e.kind]?.(e) ?? []).filter((x) => x).join("\u2002");

const bad = new Set(["abandoned", "transfer_refused", "offer_lost", "recording_failed", "media_went_silent", "blocked"]);
const grave = new Set(["connected", "answered", "released", "queued", "call_started", "call_ended", "held", "left", "transferred", "joined", "voicemail_left", "callback_asked", ...bad]);

/** How much a fact stands out: "" for the small print of lines and steps. @param {Entry} e */
export const weight = (e) => (bad.has(e.kind) || (e.kind === "transferred" && e.fact.result !== "done") ? "warn" : grave.has(e.kind) ? "main" : "");
