// What the phone sounds like and how it calls attention: made here, no file is needed.
import { signal } from "../shared/lib.js";
import { t } from "../shared/text.js";
import { outputs, settings } from "./devices.js";

/** @type {AudioContext | null} */
let made = null;

/** The browser lets nothing sound until the page was clicked once: a ring would not be heard. */
export const hushed = signal(false);

/** The page's one sound context. */
export function context() {
  if (made) return made;
  const c = new AudioContext();
  const heard = () => (hushed.value = c.state !== "running");
  c.addEventListener("statechange", heard);
  heard();
  const wake = () => c.state === "suspended" && void c.resume();
  addEventListener("pointerdown", wake, true);
  addEventListener("keydown", wake, true);
  return (made = c);
}

/**
 * A buffer of tones: [Hz, Hz, seconds] each, 0 Hz is silence.
 * @param {[number, number, number][]} parts @param {number} gain
 */
function tones(parts, gain) {
  const c = context();
  const rate = c.sampleRate;
  const buffer = c.createBuffer(1, Math.ceil(rate * parts.reduce((sum, p) => sum + p[2], 0)), rate);
  const out = buffer.getChannelData(0);
  let at = 0;
  for (const [a, b, long] of parts) {
    const n = Math.floor(long * rate);
    for (let i = 0; i < n && a; i++) {
      const edge = Math.min(1, i / (0.01 * rate), (n - i) / (0.01 * rate)); // 10 ms, so that nothing clicks
      out[at + i] = (gain * edge * (Math.sin((2 * Math.PI * a * i) / rate) + Math.sin((2 * Math.PI * b * i) / rate))) / 2;
    }
    at += n;
  }
  return buffer;
}

/** @param {AudioBuffer} buffer @param {boolean} loop */
function play(buffer, loop) {
  const source = new AudioBufferSourceNode(context(), { buffer, loop });
  source.connect(context().destination);
  source.start();
  return source;
}

/** @type {AudioBufferSourceNode | null} */
let ringing = null;
/** @type {Notification | null} */
let notice = null;
/** @type {number | undefined} */
let blink;
let title = "";

/** A loop of the sound card, which a tab in the background does not slow down. */
const ringTone = () => tones([[520, 650, 0.4], [0, 0, 0.12], [520, 650, 0.4], [0, 0, 1.6]], 0.5);

/** Rings: sound, title, and where nobody looks a notification. @param {string} who */
export function ring(who) {
  quiet();
  const c = /** @type {AudioContext & { setSinkId?: (id: string) => Promise<void> }} */ (context());
  const id = outputs.value.some((d) => d.deviceId === settings.value.ringer) ? settings.value.ringer : "";
  c.setSinkId?.(id).catch(() => {}); // it sounds where it did
  void c.resume();
  ringing = play(ringTone(), true);
  title = document.title;
  const called = `${t("phone.title.ring")} ${who}`;
  document.title = called;
  blink = setInterval(() => (document.title = document.title === called ? title : called), 1000);
  if ((document.hidden || !document.hasFocus()) && "Notification" in window && Notification.permission === "granted") {
    notice = new Notification(t("phone.title.ring"), { body: who, tag: "hotline-call", requireInteraction: true });
    notice.onclick = () => {
      focus();
      notice?.close();
    };
  }
}

/** Ends the ringing. */
export function quiet() {
  ringing?.stop();
  ringing = null;
  notice?.close();
  notice = null;
  if (blink === undefined) return;
  clearInterval(blink);
  blink = undefined;
  document.title = title;
}

export const rings = () => ringing !== null;

/** Two short tones before a call is answered by itself. */
export const autoTone = () => void play(tones([[880, 880, 0.12], [0, 0, 0.08], [880, 880, 0.12]], 0.4), false);

/** The connection of a call has gone bad, or is back. @param {boolean} good */
export const warnTone = (good) => void play(tones(good ? [[660, 660, 0.1]] : [[440, 440, 0.15], [0, 0, 0.1], [330, 330, 0.25]], 0.3), false);

/** Asks for notifications; to be called from a click. */
export async function askNotices() {
  if ("Notification" in window && Notification.permission === "default") await Notification.requestPermission();
}
