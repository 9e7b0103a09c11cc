// The player of one recording: customer left, agents right. Nothing is fetched, and so noted as heard, before it is played.
import { html, signal } from "../shared/lib.js";
import { useEffect, useRef, useMemo } from "../vendor/preact/hooks.module.js";
import { t } from "../shared/text.js";
import { dur } from "../shared/format.js";
import WaveSurfer from "../vendor/wavesurfer/wavesurfer.esm.js";

const SPEEDS = [0.75, 1, 1.25, 1.5, 2];
/** Quieter than this is silence, as a share of full scale. */
const QUIET = 0.02;
/** Silence on both sides of at least this many seconds is skipped. */
const SKIP = 2;

/** @typedef {{ ms: number, left: number[], right: number[] }} Peaks */
/** @typedef {"both" | "left" | "right"} Ears */

/**
 * A recording under the player's hands.
 * @param {string} url @param {Peaks} peaks
 */
export function tape(url, peaks) {
  const audio = new Audio();
  audio.preload = "none";
  const length = peaks.ms / 1000;
  const at = signal(0);
  const playing = signal(false);
  const failed = signal(false);
  const speed = signal(1);
  const ears = signal(/** @type {Ears} */ ("both"));
  const skip = signal(false);
  /** @type {{ ctx: AudioContext, gains: GainNode[] } | undefined} */
  let graph;

  /** Left and right to the ears that are wanted: LL, LR, RL, RR. */
  function mix() {
    const on = { both: [1, 0, 0, 1], left: [1, 1, 0, 0], right: [0, 0, 1, 1] }[ears.value];
    graph?.gains.forEach((g, i) => (g.gain.value = on[i]));
  }
  function connect() {
    const ctx = new AudioContext();
    const split = ctx.createChannelSplitter(2);
    const merge = ctx.createChannelMerger(2);
    ctx.createMediaElementSource(audio).connect(split);
    const gains = [0, 1, 2, 3].map((i) => {
      const g = ctx.createGain();
      split.connect(g, i >> 1);
      g.connect(merge, 0, i & 1);
      return g;
    });
    merge.connect(ctx.destination);
    graph = { ctx, gains };
    mix();
  }
  /** Where the next sound begins if silence stands here. @param {number} s */
  function sound(s) {
    const n = peaks.left.length;
    const from = Math.floor((s / length) * n);
    let i = from;
    while (i < n && peaks.left[i] < QUIET && peaks.right[i] < QUIET) i++;
    const to = (i / n) * length;
    return i < n && to - s > SKIP ? to - 0.3 : s;
  }
  const me = {
    audio, length, at, playing, failed, speed, ears, skip, peaks,
    toggle() {
      if (playing.value) return audio.pause();
      if (!graph) connect();
      graph?.ctx.resume();
      failed.value = false;
      audio.play().catch((e) => (failed.value = e.name !== "AbortError"));
    },
    /** @param {number} s */
    seek(s) {
      audio.currentTime = at.value = Math.max(0, Math.min(length, s));
    },
    /** @param {number} step */
    faster(step) {
      me.run(SPEEDS[Math.max(0, Math.min(SPEEDS.length - 1, SPEEDS.indexOf(speed.value) + step))]);
    },
    /** @param {number} v */
    run(v) {
      audio.playbackRate = speed.value = v;
    },
    /** @param {Ears} e */
    hear(e) {
      ears.value = e;
      mix();
    },
    close() {
      audio.pause();
      audio.removeAttribute("src");
      graph?.ctx.close();
    },
  };
  audio.addEventListener("timeupdate", () => {
    at.value = audio.currentTime;
    if (skip.value && playing.value) {
      const to = sound(audio.currentTime);
      if (to > audio.currentTime) me.seek(to);
    }
  });
  for (const [ev, on] of /** @type {[string, boolean][]} */ ([["play", true], ["pause", false], ["ended", false]])) audio.addEventListener(ev, () => (playing.value = on));
  audio.addEventListener("error", () => (failed.value = audio.hasAttribute("src")));
  audio.src = url;
  return me;
}

/** @typedef {ReturnType<typeof tape>} Tape */

/** The waveform of both sides, one above the other. @param {{ tape: Tape }} p */
export const Wave = ({ tape }) => {
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => {
    const css = getComputedStyle(document.documentElement);
    const one = (/** @type {string} */ v) => ({ waveColor: css.getPropertyValue(v), progressColor: css.getPropertyValue(v), height: 62 });
    const ws = WaveSurfer.create({
      container: box.current, media: tape.audio, peaks: [tape.peaks.left, tape.peaks.right], duration: tape.length,
      splitChannels: [one("--ch-a"), one("--ch-b")], cursorColor: css.getPropertyValue("--t1"), cursorWidth: 2,
      barWidth: 1.5, barGap: 0.5, dragToSeek: true, hideScrollbar: true,
    });
    const root = box.current?.firstElementChild?.shadowRoot;
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(root?.querySelector("template")?.content.textContent ?? "");
    if (root) root.adoptedStyleSheets = [sheet];
    // Until it plays there is no medium to seek in: the place is kept for the start.
    ws.on("interaction", (/** @type {number} */ s) => tape.seek(s));
    return () => {
      ws.setMediaElement(new Audio());
      ws.destroy();
    };
  }, [tape]);
  return html`<div class="wave" ref=${box}></div>`;
};

/** @param {{ tape: Tape, url: string }} p */
export const Controls = ({ tape, url }) => {
  const ears = useMemo(() => /** @type {[Ears, any, string][]} */ ([["both", "qa.both", "1"], ["left", "qa.onlyCustomer", "2"], ["right", "qa.onlyAgent", "3"]]), []);
  return html`<div class="tr" role="group" aria-label=${t("qa.player")}>
    <button class="btn" onClick=${() => tape.seek(tape.at.value - 5)}>${t("qa.back5")} <kbd>←</kbd></button>
    <button class="btn p play" onClick=${tape.toggle}>${tape.playing.value ? t("qa.pause") : t("qa.play")} <kbd>${t("key.space")}</kbd></button>
    <button class="btn" onClick=${() => tape.seek(tape.at.value + 5)}>${t("qa.on5")} <kbd>→</kbd></button>
    <span class="tm">${dur(tape.at.value * 1000)}</span><span class="d">/ ${dur(tape.length * 1000)}</span>
    <span class="bar"></span>
    <span class="d">${t("qa.speed")} <kbd>−</kbd> <kbd>+</kbd></span>
    <span class="seg">${SPEEDS.map((v) => html`<button class=${"btn" + (v === tape.speed.value ? " on" : "")} aria-pressed=${v === tape.speed.value} onClick=${() => tape.run(v)}>${v}</button>`)}</span>
    <span class="seg">${ears.map(([e, word, key]) => html`<button class=${"btn" + (e === tape.ears.value ? " on" : "")} aria-pressed=${e === tape.ears.value} onClick=${() => tape.hear(e)}>${t(word)} <kbd>${key}</kbd></button>`)}</span>
    <button class=${"btn" + (tape.skip.value ? " on" : "")} aria-pressed=${tape.skip.value} onClick=${() => (tape.skip.value = !tape.skip.value)}>${t("qa.skip")} <kbd>G</kbd></button>
    ${tape.failed.value && html`<span class="crit" role="alert">${t("qa.unplayable")}</span>`}
    <span class="sp"></span>
    <a class="btn" href=${url + "?download=true"} download>${t("qa.download")}</a>
  </div>`;
};

/** The player's keys. @param {Tape} tape @param {KeyboardEvent} e */
export function playerKey(tape, e) {
  if (e.ctrlKey || e.metaKey || e.altKey || /^(INPUT|SELECT|TEXTAREA)$/.test(/** @type {HTMLElement} */ (e.target).tagName)) return;
  /** @type {Record<string, () => void>} */
  const keys = {
    " ": tape.toggle,
    g: () => (tape.skip.value = !tape.skip.value),
    1: () => tape.hear("both"),
    2: () => tape.hear("left"),
    3: () => tape.hear("right"),
    "+": () => tape.faster(1),
    "=": () => tape.faster(1),
    "-": () => tape.faster(-1),
    Home: () => tape.seek(0),
  };
  if (!e.shiftKey) {
    keys.ArrowLeft = () => tape.seek(tape.at.value - 5);
    keys.ArrowRight = () => tape.seek(tape.at.value + 5);
  }
  const act = keys[e.key];
  if (!act) return;
  e.preventDefault();
  act();
}
