// What stands beside one's state: today's figures and the load of the queues one serves.
import { html } from "../shared/lib.js";
import { t } from "../shared/text.js";
import { dur, num, pct, grade, DASH } from "../shared/format.js";
import { since } from "../shared/live.js";
import { Sev } from "../shared/parts.js";
import { Blank } from "../shared/shell.js";

/** @param {{ term: string, value: any, unit?: string }} p */
const Figure = ({ term, value, unit }) => html`<div><dt>${term}</dt><dd class=${value === DASH || value === "0" ? "d" : ""}>${value}${unit && value !== DASH && html`<span class="u">${unit}</span>`}</dd></div>`;

/** @param {{ row: any }} p */
export const Today = ({ row }) => html`<section>
  <h2>${t("desk.today")}</h2>
  ${!row
    ? html`<${Blank} state="loading" />`
    : html`<dl class="fig">
        <${Figure} term=${t("desk.answered")} value=${num(row.answered)} />
        <${Figure} term=${t("desk.aht")} value=${dur(row.aht_ms)} />
        <${Figure} term=${t("desk.avgTalk")} value=${dur(row.avg_talk_ms)} />
        <${Figure} term=${t("desk.avgWrap")} value=${dur(row.avg_acw_ms)} />
        <${Figure} term=${t("desk.missed")} value=${num(row.rona.count)} />
        <${Figure} term=${t("desk.occupancy")} value=${pct(row.occupancy, 0)} unit="%" />
        <${Figure} term=${t("desk.signedIn")} value=${dur(row.signed_in_ms)} />
        <${Figure} term=${t("desk.readyTime")} value=${dur(row.states.ready_ms)} />
        <${Figure} term=${t("desk.notReadyTime")} value=${dur(row.states.not_ready_ms)} />
      </dl>`}
</section>`;

/** @param {{ queues: any[] }} p */
export const Queues = ({ queues }) => html`<section>
  <h2>${t("desk.queues")}</h2>
  ${queues.length === 0
    ? html`<p class="m">${t("desk.noQueues")}</p>`
    : html`<table class="ql">
        <thead><tr><th>${t("wall.queue")}</th><th class="n">${t("wall.waiting")}</th><th class="n">${t("wall.atRisk")}</th><th class="n">${t("wall.longestShort")}</th><th class="n">${t("wall.min30")}</th><th class="n">${t("state.ready")}</th><th class="n">${t("wall.talking")}</th></tr></thead>
        <tbody>${queues.map((q) => {
          const level = grade(q.sl_30m.ratio, q.target.ratio);
          const longest = since(q.longest_wait_since);
          const late = longest !== null && longest > q.target.within_ms;
          return html`<tr key=${q.id}>
            <th scope="row">${q.name}</th>
            <td class=${q.waiting ? "n b" : "n d"}>${num(q.waiting)}</td>
            <td class=${q.about_to_breach ? "n soon" : "n d"}>${q.about_to_breach || DASH}</td>
            <td class=${late ? "n crit" : longest === null ? "n d" : "n"}>${dur(longest)}</td>
            <td class=${"n " + level}><${Sev} level=${level} />${pct(q.sl_30m.ratio, 0)}</td>
            <td class=${q.agents.ready ? "n" : "n d"}>${num(q.agents.ready)}</td>
            <td class="n m">${num(q.agents.talking + q.agents.held)}</td>
          </tr>`;
        })}</tbody>
      </table>`}
</section>`;
