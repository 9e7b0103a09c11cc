// The facts of a contact in words.
import { t, code } from "../shared/text.js";
import { dur, num } from "../shared/format.js";
import { names } from "./names.js";

/** @typedef {{ seq: number, at: string, kind: string, leg?: string, agent?: string, queue?: string, fact: any }} Entry */

/** What a fact says beyond its kind: plain text, made of words and of what was in the call. @type {Record<string, (e: Entry) => (string | undefined | false)[]>} */
const details = {
  call_started: (e) => [code("direction", e.fact.direction), e.fact.from?.number, e.fact.to && "→ " + e.fact.to, e.fact.trunk],
  leg_started: (e) => [code("role", e.fact.role), e.fact.role === "agent" ? names.agent(e.agent) : e.fact.to],
  leg_rang: (e) => [names.agent(e.agent)],
  leg_answered: (e) => [code("role", e.fact.role), names.agent(e.agent), e.fact.codec],
  leg_ended: (e) => [code("role", e.fact.role), names.agent(e.agent), code("cause", e.fact.cause)],
  flow_stepped: (e) => [e.fact.path, code("step", e.fact.step), e.fact.detail],
  answered: (e) => [names.agent(e.agent), t("qa.afterWait", { d: dur(e.fact.wait_ms) }), e.fact.no_media && t("qa.noMedia")],
  held: (e) => [names.agent(e.agent), e.fact.on ? t("qa.holdOn") : t("qa.holdOff", { d: dur(e.fact.ms) })],
  announced: (e) => [code("announced", e.fact.what), e.fact.what === "wait" ? dur(e.fact.value) : e.fact.value ? num(e.fact.value) : ""],
  media_went_silent: (e) => [names.agent(e.agent), dur(e.fact.ms)],
  call_ended: (e) => [code("cause", e.fact.cause), e.fact.by && t("qa.by", { who: code("role", e.fact.by) })],
  queued: (e) => [names.queue(e.queue), t("qa.position", { n: e.fact.position })],
  blocked: (e) => [names.queue(e.queue), code("blocked", e.fact.reason)],
  offered: (e) => [names.agent(e.agent), e.fact.why],
  offer_lost: (e) => [names.agent(e.agent), code("offer", e.fact.result), dur(e.fact.ring_ms)],
  connected: (e) => [names.agent(e.agent), t("qa.rang", { d: dur(e.fact.ring_ms) })],
  abandoned: (e) => [names.queue(e.queue), t("qa.afterWait", { d: dur(e.fact.wait_ms) }), e.fact.ringing && t("qa.whileRinging")],
  left: (e) => [names.queue(e.queue), code("outcome", e.fact.outcome), e.fact.to && "→ " + e.fact.to],
  released: (e) => [names.agent(e.agent), t("qa.talked", { d: dur(e.fact.talk_ms) }), e.fact.by && t("qa.by", { who: code("role", e.fact.by) })],
  wrap_ended: (e) => [names.agent(e.agent), dur(e.fact.ms)],
  recording_stored: (e) => [dur(e.fact.ms), e.fact.gaps ? t("qa.gaps", { n: e.fact.gaps }) : "", e.fact.repaired && t("qa.repaired")],
  recording_failed: (e) => [e.fact.error],
  audited: (e) => [e.fact.user, code("act", e.fact.act)],
};

/** @param {Entry} e */
export const detail = (e) => (details[e.kind]?.(e) ?? []).filter((x) => x).join("\u2002");

const bad = new Set(["abandoned", "offer_lost", "recording_failed", "media_went_silent", "blocked"]);
const grave = new Set(["connected", "answered", "released", "queued", "call_started", "call_ended", "held", "left", ...bad]);

/** How much a fact stands out: "" for the small print of lines and steps. @param {Entry} e */
export const weight = (e) => (bad.has(e.kind) ? "warn" : grave.has(e.kind) ? "main" : "");
