// Microphones and loudspeakers: which there are, which are chosen, how loud it is.
import { signal, computed } from "../shared/lib.js";

const KEPT = "hotline.phone";

/** What the person chose, kept in this browser. */
export const settings = signal({ input: "", output: "", ringer: "", auto: false, clean: true, ...read() });

/** @returns {Partial<{ input: string, output: string, ringer: string, auto: boolean, clean: boolean }>} */
function read() {
  try {
    return JSON.parse(localStorage.getItem(KEPT) ?? "{}");
  } catch {
    return {};
  }
}

/** @param {Partial<typeof settings.value>} change */
export function choose(change) {
  settings.value = { ...settings.value, ...change };
  localStorage.setItem(KEPT, JSON.stringify(settings.value));
}

/** All that there are; without names until the microphone was allowed once. @type {import("../shared/lib.js").Signal<MediaDeviceInfo[]>} */
export const devices = signal([]);
export const inputs = computed(() => devices.value.filter((d) => d.kind === "audioinput" && d.deviceId));
export const outputs = computed(() => devices.value.filter((d) => d.kind === "audiooutput" && d.deviceId));

export async function look() {
  if (navigator.mediaDevices) devices.value = await navigator.mediaDevices.enumerateDevices();
}

/** A device that was chosen and is there; another is the system's to choose. @param {MediaDeviceInfo[]} all @param {string} id */
const there = (all, id) => (all.some((d) => d.deviceId === id) ? id : "");

/** Why the microphone cannot be had. The name is that of a text: phone.mic.NAME. */
export class MicError extends Error {
  /** @param {string} why */
  constructor(why) {
    super(why);
    this.why = why;
  }
}

/** @type {Record<string, string>} */
const reasons = { NotAllowedError: "denied", SecurityError: "denied", NotFoundError: "none", OverconstrainedError: "none", NotReadableError: "busy", AbortError: "busy" };

/** Opens the microphone. It throws a MicError. */
export async function microphone() {
  if (!navigator.mediaDevices) throw new MicError("insecure"); // browsers give it to pages over https and on this machine alone
  await look();
  const { clean, input } = settings.value;
  const id = there(inputs.value, input);
  try {
    const stream = await navigator.mediaDevices.getUserMedia({
      audio: { deviceId: id ? { exact: id } : undefined, echoCancellation: clean, noiseSuppression: clean, autoGainControl: clean },
    });
    await look(); // now they have names
    return stream;
  } catch (e) {
    throw new MicError(reasons[/** @type {Error} */ (e).name] ?? "busy");
  }
}

/** @param {MediaStream | null | undefined} stream */
export const release = (stream) => stream?.getTracks().forEach((track) => track.stop());

/** Lets an element sound where the person wants it. @param {HTMLMediaElement} element */
export async function route(element) {
  const id = there(outputs.value, settings.value.output);
  if ("setSinkId" in element) await element.setSinkId(id).catch(() => {}); // it sounds where it did
}

/** How loud the microphone is, 0 to 1. */
export const level = signal(0);

/** Measures a stream until the function that it returns is called. @param {AudioContext} context @param {MediaStream} stream */
export function measure(context, stream) {
  const source = context.createMediaStreamSource(stream);
  const analyser = new AnalyserNode(context, { fftSize: 1024 });
  source.connect(analyser);
  const wave = new Float32Array(analyser.fftSize);
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(wave);
    const power = wave.reduce((sum, v) => sum + v * v, 0) / wave.length;
    const db = power > 0 ? 10 * Math.log10(power) : -100;
    level.value = Math.max(0, Math.min(1, (db + 60) / 54)); // −60 dB is silence, −6 dB as loud as it should ever be
  }, 100);
  return () => {
    clearInterval(timer);
    source.disconnect();
    level.value = 0;
  };
}
