// Who else is told what happens, as it is just now: mail, alarms, webhooks, exports.
import { html, Glyph } from "../shared/lib.js";
import { t, code } from "../shared/text.js";
import { dayTime, num, DASH } from "../shared/format.js";

/** @param {{ of: any }} p */
const State = ({ of }) => {
  const some = of.refused > 0 && html` <span class="d">${t("admin.refused", { n: num(of.refused) })}</span>`;
  const secret = /^status 40[13]$/.test(of.problem ?? "");
  if (of.failing_since) {
    return html`<span class="state crit"><${Glyph} name="crit" />${t("admin.failingSince", { at: dayTime(of.failing_since) })}</span>${of.problem && html` <span class="d">${of.problem}${secret && html` · ${t("admin.wrongSecret")}`}</span>`}${some}`;
  }
  return of.last ? html`<span class="state m"><${Glyph} name="ok" />${t("admin.taken")}</span>${some}` : html`<span class="d">${t("admin.notYet")}</span>`;
};

/** @param {{ list: any[] }} p */
export const Outward = ({ list }) => html`<h2>${t("admin.outward")} <span class="d">${num(list.length)}</span></h2>
  ${list.length === 0
    ? html`<p class="m none">${t("admin.noOutward")}</p>`
    : html`<table><thead><tr><th>${t("admin.name")}</th><th>${t("admin.way")}</th><th>${t("admin.stateOf")}</th><th>${t("admin.lastTaken")}</th><th class="n">${t("admin.delivered")}</th><th class="n">${t("admin.waiting")}</th></tr></thead>
        <tbody>${list.map(
          (x) => html`<tr key=${x.kind + x.name}><th scope="row">${x.name || DASH}</th><td>${code("outward", x.kind)}${x.by && html` <span class="d">${code("outward", x.by)}</span>`}</td><td><${State} of=${x} /></td>
            <td>${x.last ? dayTime(x.last) : html`<span class="d">${DASH}</span>`}</td><td class="n">${num(x.delivered)}</td><td class="n">${num(x.waiting)}</td></tr>`,
        )}</tbody></table>`}`;
