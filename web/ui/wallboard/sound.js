// The sound of a new critical alarm, and of nothing else.
import { signal } from "../shared/lib.js";

/** The browser lets no sound out before somebody has touched the page. */
export const silent = signal(false);

/** @type {AudioContext | undefined} */
let audio;
/** Alarms that were there before: they are not new. @type {Set<string> | undefined} */
let known;

/** Two tones of a third, 0.5 s. @param {AudioContext} ctx */
function ring(ctx) {
  [880, 698].forEach((pitch, i) => {
    const tone = ctx.createOscillator();
    const loud = ctx.createGain();
    const at = ctx.currentTime + i * 0.25;
    tone.frequency.value = pitch;
    loud.gain.setValueAtTime(0.0001, at);
    loud.gain.exponentialRampToValueAtTime(0.3, at + 0.02);
    loud.gain.exponentialRampToValueAtTime(0.0001, at + 0.24);
    tone.connect(loud).connect(ctx.destination);
    tone.start(at);
    tone.stop(at + 0.25);
  });
}

/** Lets sound out if the browser may. */
export async function wake() {
  audio ??= new AudioContext();
  if (audio.state === "suspended") await Promise.race([audio.resume().catch(() => {}), new Promise((r) => setTimeout(r, 300))]);
  silent.value = audio.state !== "running";
}

/** Rings once for critical alarms that were not there before. @param {any[]} alarms @param {boolean} on */
export function hear(alarms, on) {
  const crit = alarms.filter((a) => a.severity === "crit" && !a.acked).map((a) => a.key);
  const fresh = known !== undefined && crit.some((k) => !known?.has(k));
  known = new Set(crit);
  if (!on) return;
  if (!audio) void wake();
  if (fresh && audio?.state === "running") ring(audio);
}
