// The phone in the page: it registers over the pages' own address with a key of this login session, and speaks WebRTC with the
// engine. A page mounts its Pane (pane.js), or uses what stands here; everything a page shows is a signal.
import { signal, computed, effect, batch } from "../shared/lib.js";
import { api, Problem } from "../shared/api.js";
import { MicError, choose, measure, microphone, release, route, settings } from "./devices.js";
import { askNotices, autoTone, context, quiet, ring, warnTone } from "./sound.js";
import { quality, watch } from "./quality.js";
import { numbers, who } from "./who.js";
import { forget, free, keep, kept } from "./kept.js";

/**
 * A call of this phone. state: ringing (it rings here), answering, calling (it rings there), up. since: ms.
 * @typedef {{ direction: "in" | "out", state: "ringing" | "answering" | "calling" | "up", number: string, name: string, since: number, echo?: boolean, auto?: boolean, resumed?: boolean }} Call
 */

/** off, starting, refused (no microphone), ready, lost (the engine cannot be reached; it is tried again). @type {import("../shared/lib.js").Signal<"off" | "starting" | "refused" | "ready" | "lost">} */
export const state = signal("off");
/** @type {import("../shared/lib.js").Signal<Call | null>} */
export const call = signal(null);
export const muted = signal(false);
/** By this phone; the engine's own hold is the engine's to show. */
export const held = signal(false);
/** What is wrong: {key} is that of a text, or {text} is what the engine said. @type {import("../shared/lib.js").Signal<{ key?: string, text?: string } | null>} */
export const problem = signal(null);
export const busy = computed(() => call.value !== null);
/** Where the other side is heard. */
export const sound = new Audio();
sound.autoplay = true;

/** @type {any} */
let JsSIP;
/** @type {any} */
let ua = null;
/** The session of the call; JsSIP's. @type {any} */
let session = null;
/** @type {{ user: string, realm: string, password: string, uri: string, socket: string, echo: string, numbers: boolean }} */
let key;
/** @type {MediaStream | null} */
let mic = null;
/** What ends with the call. @type {(() => void)[]} */
let ends = [];
let tries = 0;
/** @type {number | undefined} */
let again;
/** @type {number | undefined} */
let autoTimer;

const pcConfig = { iceServers: [] }; // the engine answers at its own address (RFC 8445 §2.5): nobody else is asked
const timers = { sessionTimersExpires: 600 };

/** Turns the phone on, and on again after every loss until it is turned off. To be called from a click the first time. */
export async function start() {
  if (ua || state.value === "starting") return;
  batch(() => {
    state.value = "starting";
    problem.value = null;
  });
  choose(/** @type {any} */ ({ on: true }));
  try {
    release(await microphone()); // what cannot speak takes no calls
    void askNotices();
    JsSIP ??= (await import("../vendor/jssip/jssip.esm.js")).default;
    key = await api("/phone-key", { method: "POST" });
    numbers.value = key.numbers;
  } catch (e) {
    failed(e);
    return;
  }
  tries = 0;
  ua = new JsSIP.UA({
    sockets: [new JsSIP.WebSocketInterface(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${key.socket}`)],
    uri: key.uri, password: key.password, realm: key.realm, register: true, register_expires: 120, user_agent: "Hotline page",
    connection_recovery_min_interval: 1, connection_recovery_max_interval: 8, session_timers: true,
  });
  ua.on("registered", registered);
  ua.on("disconnected", () => ua && (state.value = "lost"));
  ua.on("registrationFailed", refused);
  ua.on("newRTCSession", (/** @type {any} */ e) => begun(e.session, e.originator, e.request));
  ua.start();
}

/** Was the phone turned on in this browser, so that a page that is loaded turns it on by itself? */
export const wanted = () => /** @type {any} */ (settings.value).on === true;

/** Turns the phone off. A call of it ends. */
export function stop() {
  choose(/** @type {any} */ ({ on: false }));
  clearTimeout(again);
  const was = ua;
  ua = null;
  was?.stop();
  over();
  state.value = "off";
}

/** The microphone, or the key, could not be had. @param {unknown} e */
function failed(e) {
  batch(() => {
    if (e instanceof MicError) {
      problem.value = { key: `phone.mic.${e.why}` };
      state.value = "refused";
      return;
    }
    const status = e instanceof Problem ? e.status : 0;
    problem.value = status ? { text: /** @type {Error} */ (e).message } : { key: "error.unreachable" };
    state.value = status === 403 || status === 404 ? "off" : "lost";
    if (state.value === "lost") later(start);
  });
}

/** Tries once more, later each time: 2 s, 4 s … 30 s. @param {() => unknown} f */
function later(f) {
  clearTimeout(again);
  again = setTimeout(() => {
    if (wanted()) f();
  }, Math.min(30, 2 ** ++tries) * 1000);
}

function registered() {
  const back = state.value === "lost";
  tries = 0;
  batch(() => {
    state.value = "ready";
    problem.value = null;
  });
  const last = kept(key.user);
  if (session?.isEstablished() && back) reach();
  else if (last && !session) void resume(last);
}

/** The registration was refused: the key is of a session that is over, or the engine is new. @param {any} e */
function refused(e) {
  if (!ua) return;
  state.value = "lost";
  problem.value = e.response ? { key: "phone.refused" } : null;
  later(async () => {
    try {
      key = await api("/phone-key", { method: "POST" }); // sends to the log-in page who is not logged in any more
      ua?.set("password", key.password);
      ua?.register();
    } catch {
      later(() => ua?.register());
    }
  });
}

/** @param {any} s @param {"local" | "remote"} originator @param {any} request */
function begun(s, originator, request) {
  if (originator === "remote" && session) {
    s.terminate({ status_code: 486 });
    return;
  }
  session = s;
  s.on("accepted", () => session === s && up());
  s.on("ended", (/** @type {any} */ e) => session === s && over(e.cause));
  s.on("failed", (/** @type {any} */ e) => session === s && over(e.cause));
  s.on("hold", (/** @type {any} */ e) => e.originator === "local" && (held.value = true));
  s.on("unhold", (/** @type {any} */ e) => e.originator === "local" && (held.value = false));
  s.on("muted", () => (muted.value = true));
  s.on("unmuted", () => (muted.value = false));
  s.on("peerconnection", (/** @type {any} */ e) => connected(e.peerconnection));
  if (s.connection) connected(s.connection);
  if (originator === "local") return;
  const from = request.from;
  call.value = { direction: "in", state: "ringing", number: from.uri.user === "anonymous" ? "" : from.uri.user ?? "", name: from.display_name ?? "", since: Date.now() };
  const after = answerAfter(request);
  if (after === null) ring(who(call.value).slice(0, 80));
  else {
    call.value = { ...call.value, auto: true };
    autoTone();
    autoTimer = setTimeout(answer, Math.max(500, after)); // the tone is heard first
  }
}

/** In how many ms the call is to be answered by itself; null: by the person. @param {any} request */
function answerAfter(request) {
  const info = /;\s*answer-after\s*=\s*(\d{1,4})/i.exec(request.getHeader("Call-Info") ?? "");
  if (info) return +info[1] * 1000;
  const asked = /auto-?answer/i.test(request.getHeader("Alert-Info") ?? "") || /^\s*auto/i.test(request.getHeader("Answer-Mode") ?? ""); // RFC 5373 §4
  return asked ? 0 : settings.value.auto ? 1500 : null;
}

/** Answers the call that rings. */
export async function answer() {
  const s = session;
  if (call.value?.state !== "ringing") return;
  clearTimeout(autoTimer);
  quiet();
  call.value = { ...call.value, state: "answering" };
  try {
    mic = await microphone();
  } catch (e) {
    problem.value = { key: `phone.mic.${/** @type {MicError} */ (e).why}` };
    if (session === s) s.terminate({ status_code: 480 }); // the customer goes to somebody who can speak
    return;
  }
  if (session !== s) return hushed();
  s.answer({ mediaStream: mic, pcConfig, ...timers });
}

/** Rejects the call that rings, or ends the one that is up. */
export function hangup() {
  if (!session) return;
  session.terminate(call.value?.state === "ringing" ? { status_code: 486, reason_phrase: "Busy Here" } : undefined);
}

export const reject = hangup;

/** @param {boolean} [on] */
export const mute = (on = !muted.value) => (on ? session?.mute({ audio: true }) : session?.unmute({ audio: true }));

/** @param {boolean} [on] */
export function hold(on = !held.value) {
  if (call.value?.state !== "up" || on === held.value) return;
  if (on) session.hold();
  else session.unhold();
}

/** Presses keys, 0–9 * #, as RFC 4733 has it. @param {string} keys */
export const press = (keys) => call.value?.state === "up" && session.sendDTMF(keys, { transportType: "RFC2833" });

/** Calls a number, or a code of the engine. @param {string} number @param {{ headers?: string[], echo?: boolean, shown?: Partial<Call> }} [o] */
export async function dial(number, o = {}) {
  if (session || state.value !== "ready") return;
  try {
    mic = await microphone();
  } catch (e) {
    problem.value = { key: `phone.mic.${/** @type {MicError} */ (e).why}` };
    return;
  }
  if (session || !ua) return hushed();
  call.value = { direction: "out", state: "calling", number, name: "", since: Date.now(), echo: o.echo, ...o.shown };
  ua.call(`sip:${encodeURIComponent(number)}@${key.realm}`, { mediaStream: mic, pcConfig, extraHeaders: o.headers, ...timers });
}

/** One hears oneself by way of the engine: microphone, network and loudspeaker are tried at once. */
export const echo = () => dial(key.echo, { echo: true });

/** The call of before the page was loaded anew is taken up again. @param {import("./kept.js").Kept} last */
async function resume(last) {
  forget();
  if (!(await free(last))) return;
  const replaces = `Replaces: ${last.id};to-tag=${last.theirs};from-tag=${last.ours}`; // RFC 3891 §6.1: the tags as the engine has them
  await dial(key.user, { headers: [replaces], shown: { ...last.call, resumed: true } });
}

/** The connection was lost and is back: the engine learns the new way, and where to send what it has to say. */
function reach() {
  session.renegotiate({ rtcOfferConstraints: { iceRestart: true } });
}

/** @param {RTCPeerConnection} connection */
function connected(connection) {
  // JsSIP ends a call whose packets find no way for a while. Whether it is over is the engine's to say: a network that is back
  // after half a minute has lost nothing.
  const ice = /** @type {any} */ (Object.getOwnPropertyDescriptor(RTCPeerConnection.prototype, "iceConnectionState")).get;
  Object.defineProperty(connection, "iceConnectionState", { get: () => (ice.call(connection) === "failed" ? "disconnected" : ice.call(connection)) });
  connection.addEventListener("connectionstatechange", () => {
    if (connection.connectionState === "failed" && session?.isEstablished() && state.value === "ready") reach();
  });
  connection.addEventListener("track", ({ track }) => {
    sound.srcObject = new MediaStream([track]);
    void route(sound);
    sound.play().catch(() => {}); // it plays with the next click
  });
}

/** The call is up. */
function up() {
  if (!call.value || call.value.state === "up") return;
  quiet();
  call.value = { ...call.value, state: "up", since: call.value.resumed ? call.value.since : Date.now() };
  if (mic) ends.push(measure(context(), mic));
  ends.push(
    watch(
      session.connection,
      () => ({ held: held.peek(), muted: muted.peek() }),
      (q, was) => {
        const bad = ["deaf", "unheard", "poor"];
        if (bad.includes(q.verdict) !== bad.includes(was?.verdict ?? "good")) warnTone(!bad.includes(q.verdict));
      },
    ),
  );
  if (!call.value.echo) ends.push(keep(session, key.user, call.value));
}

/** The call is over. @param {string} [cause] */
function over(cause) {
  clearTimeout(autoTimer);
  quiet();
  for (const end of ends) end();
  ends = [];
  session = null;
  sound.srcObject = null;
  hushed();
  batch(() => {
    call.value = null;
    muted.value = false;
    held.value = false;
  });
  if (cause === "WebRTC Error" || cause === "Incompatible SDP" || cause === "Bad Media Description") problem.value = { key: "phone.media" };
}

/** The microphone is closed. */
function hushed() {
  release(mic);
  mic = null;
}

/** Takes another microphone or loudspeaker, during a call at once. @param {Partial<{ input: string, output: string, ringer: string, auto: boolean, clean: boolean }>} change */
export async function use(change) {
  choose(change);
  if ("output" in change) await route(sound);
  if (!session?.connection || !("input" in change || "clean" in change)) return;
  try {
    const next = await microphone();
    const [track] = next.getAudioTracks();
    track.enabled = !muted.value;
    for (const sender of session.connection.getSenders()) if (sender.track?.kind === "audio" || !sender.track) await sender.replaceTrack(track);
    release(mic);
    mic = next;
    ends.shift()?.();
    ends.unshift(measure(context(), next));
  } catch (e) {
    problem.value = { key: `phone.mic.${e instanceof MicError ? e.why : "busy"}` };
  }
}

// A microphone that is pulled out in a call is replaced by what the system has then.
navigator.mediaDevices?.addEventListener("devicechange", () => {
  if (session && mic?.getAudioTracks().some((track) => track.readyState === "ended")) void use({ input: "" });
});

effect(() => {
  if (quality.value?.verdict === "deaf") problem.value = { key: "phone.deaf" };
  else if (problem.peek()?.key === "phone.deaf") problem.value = null;
});
