// How a call sounds, from what the browser counts.
import { signal } from "../shared/lib.js";

/**
 * The verdict, worst first: deaf (nothing comes in), unheard (nothing of ours arrives), mute (the microphone gives nothing),
 * poor, fair, good. loss 0–1, rtt and jitter in ms; null: not known yet.
 * @typedef {{ verdict: "deaf" | "unheard" | "mute" | "poor" | "fair" | "good", loss: number | null, rtt: number | null, jitter: number | null }} Quality
 */

/** Of the call that is up; null: there is none, or it is too early to say. @type {import("../shared/lib.js").Signal<Quality | null>} */
export const quality = signal(null);

const EVERY = 2000;
/** Looks in a row without a packet, or without a sound, before it is said: a call that begins is given time. */
const DEAF = 2;
const MUTE = 6;

/** What was counted at a look. */
const zero = { in: 0, lost: 0, out: 0, there: 0, energy: 0 };

/** @param {RTCPeerConnection} connection */
async function count(connection) {
  const now = { ...zero, rtt: /** @type {number | null} */ (null), jitter: /** @type {number | null} */ (null), gone: 0, reported: false };
  for (const s of (await connection.getStats()).values()) {
    if (s.type === "inbound-rtp" && s.kind === "audio") {
      now.in = s.packetsReceived ?? 0;
      now.lost = s.packetsLost ?? 0;
      now.jitter = s.jitter === undefined ? null : s.jitter * 1000;
    } else if (s.type === "outbound-rtp" && s.kind === "audio") now.out = s.packetsSent ?? 0;
    else if (s.type === "remote-inbound-rtp" && s.kind === "audio") {
      now.reported = true;
      now.gone = s.fractionLost ?? 0;
      if (s.roundTripTime !== undefined) now.rtt = s.roundTripTime * 1000;
    } else if (s.type === "candidate-pair" && s.nominated && s.currentRoundTripTime !== undefined && now.rtt === null) now.rtt = s.currentRoundTripTime * 1000;
    else if (s.type === "media-source" && s.kind === "audio") now.energy = s.totalAudioEnergy ?? 0;
  }
  return now;
}

/**
 * Watches a call's connection until the function that it returns is called.
 * @param {RTCPeerConnection} connection
 * @param {() => { held: boolean, muted: boolean }} is
 * @param {(q: Quality, was: Quality | null) => void} changed told of every new verdict
 */
export function watch(connection, is, changed) {
  let was = /** @type {Awaited<ReturnType<typeof count>> | null} */ (null);
  let deaf = 0;
  let still = 0;
  const look = async () => {
    const now = await count(connection);
    const { held, muted } = is();
    if (was) {
      const came = now.in - was.in;
      const lost = Math.max(0, now.lost - was.lost);
      deaf = came > 0 || held ? 0 : deaf + 1;
      still = now.energy - was.energy > 1e-9 || muted || held ? 0 : still + 1;
      const q = /** @type {Quality} */ ({ loss: came + lost > 0 ? Math.max(lost / (came + lost), now.gone) : null, rtt: now.rtt, jitter: now.jitter });
      q.verdict = verdict(q, deaf, still, (now.out === was.out || (now.reported && now.gone >= 1)) && !held);
      const before = quality.value;
      quality.value = q;
      if (before?.verdict !== q.verdict) changed(q, before);
    }
    was = now;
  };
  const timer = setInterval(() => void look().catch(() => {}), EVERY); // a connection that is closed has nothing to say
  return () => {
    clearInterval(timer);
    quality.value = null;
  };
}

/**
 * Bounds after ITU-T G.114 for the way there and back, and where loss begins to be heard.
 * @param {Quality} q @param {number} deaf @param {number} still @param {boolean} unheard
 */
function verdict(q, deaf, still, unheard) {
  if (deaf >= DEAF) return "deaf";
  if (unheard) return "unheard";
  if (still >= MUTE) return "mute";
  const loss = q.loss ?? 0;
  const rtt = q.rtt ?? 0;
  const jitter = q.jitter ?? 0;
  if (loss > 0.08 || rtt > 600 || jitter > 100) return "poor";
  if (loss > 0.02 || rtt > 300 || jitter > 50) return "fair";
  return "good";
}
