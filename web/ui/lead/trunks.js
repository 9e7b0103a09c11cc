// How the trunks are that calls go out by or that we are registered with, as the live stream tells it.
import { html, Glyph } from "../shared/lib.js";
import { t } from "../shared/text.js";
import { clock, dateOf, dayTime, num } from "../shared/format.js";
import { now, trunks } from "../shared/live.js";

/** @typedef {{ server: string, network: string, address: string, up: boolean, since?: string, rests?: string, problem?: string }} Server */
/** @typedef {{ registered: boolean, since?: string, next?: string, problem?: string }} Registration */
/** @typedef {{ name: string, up: boolean, calls: number, max_calls?: number, servers: Server[], registration?: Registration }} Trunk */

/** The time, and of another day its date. @param {string} iso */
const when = (iso) => (dateOf(iso) === dateOf(now.value) ? clock(iso) : dayTime(iso));

/** What others wrote: long enough to be understood. @param {string | undefined} text */
const cut = (text) => (text && text.length > 160 ? text.slice(0, 160) + "…" : text);

/** How a trunk is in a word, and how bad that is. @param {Trunk} x @returns {["" | "warn" | "crit", string]} */
function standing(x) {
  if (!x.up) return ["crit", t("lead.trunkDown")];
  if (x.registration && !x.registration.registered) return ["crit", t("lead.trunkUnregistered")];
  if (x.servers.some((s) => !s.up)) return ["warn", t("lead.trunkPartly")];
  const r = x.registration;
  return ["", !r ? t("lead.trunkUp") : r.since ? t("lead.registeredSince", { time: when(r.since) }) : t("lead.registered")];
}

/** What is to be said of a registration. @param {Registration} r */
function registered(r) {
  if (r.registered) return [cut(r.problem)];
  return [
    r.since && t("lead.downSince", { time: when(r.since) }),
    cut(r.problem),
    r.next && Date.parse(r.next) > now.value && t("lead.triedAgain", { time: when(r.next) }),
  ];
}

/** Why a server is not called, or called last. @param {Server} s */
function troubled(s) {
  if (!s.up) return [t("lead.serverDown", { server: s.server }), s.since && t("lead.downSince", { time: when(s.since) }), cut(s.problem)];
  if (s.rests && Date.parse(s.rests) > now.value) return [t("lead.restsUntil", { server: s.server, time: when(s.rests) })];
  return [];
}

/** The lines under a trunk. @param {Trunk} x */
const notes = (x) =>
  [x.registration ? registered(x.registration) : [], !x.up && x.servers.length === 0 ? [t("lead.noServers")] : [], ...x.servers.map(troubled)]
    .map((line) => line.filter(Boolean).join(" · "))
    .filter(Boolean);

/** The trunks that are of no use just now, for the head of the page: the block itself may be out of sight. */
export const TrunksDown = () => {
  const down = trunks.value.filter((x) => standing(x)[0] === "crit").map((/** @type {Trunk} */ x) => x.name);
  return html`<span role="status">${down.length > 0 && html`<a class="sev crit" href="#trunks"><${Glyph} name="crit" />${t("lead.trunksDown", { names: down.slice(0, 3).join(", ") + (down.length > 3 ? ` +${down.length - 3}` : "") })}</a>`}</span>`;
};

export const Trunks = () => html`<section class="trunks" id="trunks">
  <h2>${t("lead.trunks")} <span class="d">${num(trunks.value.length)}</span></h2>
  ${trunks.value.length === 0 && html`<p class="m none">${t("lead.noTrunks")}</p>`}
  <ul>${trunks.value.map((/** @type {Trunk} */ x) => {
    const [level, word] = standing(x);
    const full = x.max_calls && x.calls >= x.max_calls;
    return html`<li key=${x.name}>
      <p><b>${x.name}</b> <span class=${level ? "sev " + level : "d"}>${level && html`<${Glyph} name=${level} />`}${word}</span><span class="sp"></span>
        <span class=${full ? "sev warn" : x.calls ? "" : "d"}>${full && html`<${Glyph} name="warn" />`}${x.max_calls ? t("lead.callsOf", { n: num(x.calls), of: num(x.max_calls) }) : t("lead.calls", { n: num(x.calls) })}</span></p>
      ${notes(x).map((line) => html`<p class="note m">${line}</p>`)}
    </li>`;
  })}</ul>
</section>`;
