// The phone as a page shows it: one line while nothing happens, the call when there is one, devices behind a button.
import { html, signal, Glyph } from "../shared/lib.js";
import { t, code } from "../shared/text.js";
import { dur } from "../shared/format.js";
import { now } from "../shared/live.js";
import * as phone from "./phone.js";
import { inputs, level, look, measure, microphone, outputs, release, settings, MicError } from "./devices.js";
import { context, hushed, ring, quiet, rings } from "./sound.js";
import { who } from "./who.js";
import { quality } from "./quality.js";

const open = signal(false);
const keys = signal(false);
/** Ends the measuring of the microphone while the devices are shown without a call. @type {(() => void) | null} */
let measuring = null;

async function meter() {
  if (measuring || phone.call.value) return;
  try {
    const stream = await microphone();
    const end = measure(context(), stream);
    measuring = () => {
      end();
      release(stream);
      measuring = null;
    };
    if (!open.value || phone.call.value) measuring();
  } catch (e) {
    phone.problem.value = { key: `phone.mic.${e instanceof MicError ? e.why : "busy"}` };
  }
}

function toggle() {
  open.value = !open.value;
  if (!open.value) measuring?.();
  else void look().then(meter);
}

/** @param {{ change: Parameters<typeof phone.use>[0] }} p */
async function use({ change }) {
  await phone.use(change);
  if (!("input" in change || "clean" in change) || !measuring) return;
  measuring();
  await meter();
}

/** @param {{ what: "input" | "output" | "ringer", all: MediaDeviceInfo[] }} p */
const Choice = ({ what, all }) => html`<label class="ph-dev">${code("phone.dev", what)}
  <select value=${settings.value[what]} onChange=${(/** @type {any} */ e) => use({ change: { [what]: e.target.value } })}>
    <option value="">${t("phone.system")}</option>
    ${all.filter((d) => d.deviceId !== "default").map((d) => html`<option key=${d.deviceId} value=${d.deviceId} selected=${d.deviceId === settings.value[what]}>${d.label || t("phone.unnamed")}</option>`)}
  </select></label>`;

/** @param {{ what: "auto" | "clean" }} p */
const Switch = ({ what }) => html`<label class="ph-sw"><input type="checkbox" checked=${settings.value[what]} onChange=${(/** @type {any} */ e) => use({ change: { [what]: e.target.checked } })} />${code("phone.sw", what)}</label>`;

const Meter = () => html`<span class="ph-meter" role="meter" aria-label=${t("phone.level")} aria-valuemin="0" aria-valuemax="100" aria-valuenow=${Math.round(level.value * 100)}><i class=${level.value > 0.95 ? "crit" : ""} style=${{ width: level.value * 100 + "%" }}></i></span>`;

const Devices = () => html`<div class="ph-devs">
  <${Choice} what="input" all=${inputs.value} />
  <div class="ph-dev"><span>${t("phone.level")}</span><${Meter} /></div>
  ${outputs.value.length > 0 && html`<${Choice} what="output" all=${outputs.value} /><${Choice} what="ringer" all=${outputs.value} />`}
  <${Switch} what="clean" /><${Switch} what="auto" />
  <div class="ph-acts">
    <button class="btn" disabled=${phone.state.value !== "ready" || phone.busy.value} onClick=${() => (measuring?.(), phone.echo())}>${t("phone.echo")}</button>
    <button class="btn" disabled=${phone.busy.value} onClick=${() => (rings() ? quiet() : (ring(t("phone.ringTest")), setTimeout(quiet, 3000)))}>${t("phone.ringTest")}</button>
    <button class="btn q" onClick=${phone.stop}>${t("phone.off")}</button>
  </div>
</div>`;

/** What is measured, in words and as figures. */
const Quality = () => {
  const q = quality.value;
  if (!q) return null;
  const bad = { deaf: "crit", unheard: "crit", mute: "warn", poor: "crit", fair: "warn", good: "good" }[q.verdict];
  const figures = [q.loss !== null && t("phone.loss", { n: (q.loss * 100).toFixed(1) }), q.rtt !== null && t("phone.rtt", { n: Math.round(q.rtt) })].filter(Boolean);
  return html`<p class="ph-q" role="status"><b class=${bad}>${code("phone.q", q.verdict)}</b> <span class="d">${figures.join(" · ")}</span></p>`;
};

const Keys = () => html`<div class="ph-keys">${[..."123456789*0#"].map((k) => html`<button key=${k} class="btn" aria-label=${t("phone.key", { k })} onClick=${() => phone.press(k)}>${k}</button>`)}</div>`;

/** @param {{ controls: boolean }} p */
const Now = ({ controls }) => {
  const c = /** @type {import("./phone.js").Call} */ (phone.call.value);
  const name = c.echo ? t("phone.echoing") : who(c);
  const up = c.state === "up";
  return html`<div class=${"ph-call " + c.state}>
    <p class="ph-who" aria-live="assertive"><b><bdi>${name}</bdi></b><span class="d">${c.auto && !up ? t("phone.autoNow") : up ? dur(Math.max(0, Math.max(now.value, Date.now()) - c.since)) : code("phone.call", c.state)}</span></p>
    ${up && html`<${Quality} />`}
    <div class="ph-acts">
      ${c.state === "ringing" && html`<button class="btn p" onClick=${phone.answer}><${Glyph} name="talking" />${t("phone.answer")}</button><button class="btn" onClick=${phone.reject}>${t("phone.reject")}</button>`}
      ${up && html`<button class=${"btn" + (phone.muted.value ? " on" : "")} aria-pressed=${phone.muted.value} onClick=${() => phone.mute()}>${t("phone.mute")}</button>`}
      ${up && controls && !c.echo && html`<button class=${"btn" + (phone.held.value ? " on" : "")} aria-pressed=${phone.held.value} onClick=${() => phone.hold()}>${t("phone.hold")}</button>`}
      ${up && !c.echo && html`<button class=${"btn" + (keys.value ? " on" : "")} aria-pressed=${keys.value} onClick=${() => (keys.value = !keys.value)}>${t("phone.keys")}</button>`}
      ${c.state !== "ringing" && (controls || c.echo || !up) && html`<button class="btn x" onClick=${phone.hangup}>${t("phone.hangup")}</button>`}
    </div>
    ${up && keys.value && !c.echo && html`<${Keys} />`}
  </div>`;
};

/** What is wrong and what to do about it. */
const Wrong = () => {
  const p = phone.problem.value;
  if (p) return html`<p class="ph-bad crit" role="alert">${p.key ? t(/** @type {any} */ (p.key)) : p.text}</p>`;
  return phone.state.value === "ready" && hushed.value ? html`<p class="ph-bad warn" role="status">${t("phone.hushed")}</p>` : null;
};

/**
 * The pane. Without controls hold and hang-up are left to the page, which asks the engine for them.
 * @param {{ controls?: boolean }} p
 */
export const Pane = ({ controls = true }) => {
  const state = phone.state.value;
  const on = state !== "off" && state !== "refused";
  return html`<section class="ph" aria-label=${t("phone.title")}>
    <div class="ph-head">
      <span class=${"ph-st " + state}><i aria-hidden="true"></i>${code("phone.state", state)}</span>
      ${on && html`<${Meter} />`}
      <span class="sp"></span>
      ${on ? html`<button class="btn q" aria-expanded=${open.value} onClick=${toggle}>${t("phone.devices")}</button>` : html`<button class="btn" onClick=${phone.start}>${state === "off" ? t("phone.on") : t("list.retry")}</button>`}
    </div>
    <${Wrong} />
    ${phone.call.value && html`<${Now} controls=${controls} />`}
    ${on && open.value && html`<${Devices} />`}
  </section>`;
};

/** Turns the phone on where it was on when the page was last open. To be called once who is logged in is known. */
export function resumePhone() {
  if (phone.wanted()) void phone.start();
}
