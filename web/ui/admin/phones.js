// The phones that are registered, the trunks, and who else is told what happens, as they are just now.
import { html, signal, Glyph } from "../shared/lib.js";
import { t } from "../shared/text.js";
import { api } from "../shared/api.js";
import { clock, num, DASH } from "../shared/format.js";
import { attempt } from "./file.js";
import { Outward } from "./outward.js";

/** @type {import("../shared/lib.js").Signal<{ phones: any[], trunks: any[], outward: any[], at: string } | null>} */
const state = signal(null);

const read = () =>
  attempt(async () => {
    const [phones, trunks, outward] = await Promise.all([api("/phones"), api("/trunks"), api("/outward")]);
    state.value = { phones, trunks, outward: outward.items, at: new Date().toISOString() };
  });

/** @param {{ up: boolean, word: string, bad: string }} p */
const Mark = ({ up, word, bad }) => html`<span class=${"state " + (up ? "m" : "crit")}><${Glyph} name=${up ? "ok" : "crit"} />${up ? word : bad}</span>`;

/** @param {{ list: any[] }} p */
const Trunks = ({ list }) => html`<h2>${t("admin.trunks")} <span class="d">${num(list.length)}</span></h2>
  ${list.length === 0
    ? html`<p class="m none">${t("admin.noTrunks")}</p>`
    : html`<table><thead><tr><th>${t("admin.name")}</th><th>${t("admin.stateOf")}</th><th>${t("admin.server")}</th><th class="n">${t("admin.callsUp")}</th><th>${t("admin.registered")}</th></tr></thead>
        <tbody>${list.map(
          (x) => html`<tr key=${x.name}><th scope="row">${x.name}</th><td><${Mark} up=${x.up} word=${t("admin.up")} bad=${t("admin.down")} /></td>
            <td>${x.servers.map((/** @type {any} */ s) => html`<div>${s.network} ${s.address}${!s.up && html` <span class="crit">${s.problem || t("admin.down")}</span>`}</div>`)}</td>
            <td class="n">${num(x.calls)}${x.max_calls ? html` <span class="d">/ ${num(x.max_calls)}</span>` : ""}</td>
            <td>${x.registration ? html`<${Mark} up=${x.registration.registered} word=${t("admin.until", { at: clock(x.registration.expires) })} bad=${x.registration.problem || t("admin.down")} />` : html`<span class="d">${DASH}</span>`}</td></tr>`,
        )}</tbody></table>`}`;

export const Phones = () => {
  const s = state.value;
  if (!s) {
    queueMicrotask(read);
    return null;
  }
  return html`<h2>${t("admin.phones")} <span class="d">${num(s.phones.length)}</span><span class="sp"></span><span class="d">${t("admin.asOf", { at: clock(s.at) })}</span><button class="btn q" onClick=${read}>${t("admin.reload")}</button></h2>
    ${s.phones.length === 0
      ? html`<p class="m none">${t("admin.noPhones")}</p>`
      : html`<table><thead><tr><th>${t("admin.agent")}</th><th>${t("admin.stateOf")}</th><th>${t("admin.address")}</th><th>${t("admin.device")}</th><th class="n">${t("admin.rtt")}</th><th class="n">${t("admin.expires")}</th></tr></thead>
          <tbody>${s.phones.map(
            (p) => html`<tr key=${p.agent + p.address}><th scope="row">${p.name || p.agent} <span class="d">${p.agent}${p.desk ? " · " + t("admin.desk") : ""}</span></th>
              <td><${Mark} up=${p.alive} word=${t("admin.answers")} bad=${t("admin.silent")} /></td><td>${p.network} ${p.address}</td><td class="cut" title=${p.user_agent}>${p.user_agent || DASH}</td>
              <td class="n">${p.rtt_ms === undefined ? html`<span class="d">${DASH}</span>` : html`${num(p.rtt_ms)}<span class="u">ms</span>`}</td><td class="n">${clock(p.expires)}</td></tr>`,
          )}</tbody></table>`}
    <${Trunks} list=${s.trunks} /><${Outward} list=${s.outward} />`;
};
