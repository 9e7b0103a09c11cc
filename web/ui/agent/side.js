// What stands beside one's state: today's figures, the load of the queues one serves, and the shift so far.
import { html } from "../shared/lib.js";
import { t } from "../shared/text.js";
import { dur, num, pct, grade, clock, DASH } from "../shared/format.js";
import { since, view } from "../shared/live.js";
import { Sev, State } from "../shared/parts.js";
import { Blank } from "../shared/shell.js";
import { today, day, serves } from "./desk.js";

/** @param {{ term: string, value: any, unit?: string }} p */
const Figure = ({ term, value, unit }) => html`<div><dt>${term}</dt><dd class=${value === DASH || value === "0" ? "d" : ""}>${value}${unit && value !== DASH && html`<span class="u">${unit}</span>`}</dd></div>`;

/** @param {string | undefined} iso */
const minute = (iso) => clock(iso).slice(0, 5);

export const Today = () => {
  const row = today.value;
  return html`<section class="sec todaysec">
    <h2 class="h">${t("desk.today")} <span class="sp"></span><span class="d">${t("desk.upTo", { time: minute(view.value?.at) })}</span></h2>
    ${!row
      ? html`<${Blank} state="loading" />`
      : html`<dl class="fig">
          <${Figure} term=${t("desk.answered")} value=${num(row.answered)} />
          <${Figure} term=${t("desk.avgTalk")} value=${dur(row.avg_talk_ms)} />
          <${Figure} term=${t("desk.avgWrap")} value=${dur(row.avg_acw_ms)} />
          <${Figure} term=${t("desk.score")} value=${row.survey?.avg_score === null || row.survey?.avg_score === undefined ? DASH : (Math.floor(row.survey.avg_score * 10) / 10).toFixed(1)} />
          <${Figure} term=${t("desk.missed")} value=${num(row.rona.count)} />
          <${Figure} term=${t("desk.occupancy")} value=${pct(row.occupancy, 0)} unit="%" />
        </dl>`}
  </section>`;
};

export const Queues = () => {
  const queues = view.value.queues.filter((/** @type {any} */ q) => serves.value.includes(q.id));
  return html`<section class="sec queuesec">
    <h2 class="h">${t("desk.queues")}</h2>
    ${queues.length === 0
      ? html`<p class="m none">${t("desk.noQueues")}</p>`
      : html`<table class="ql">
          <thead>
            <tr>
              <th>${t("wall.queue")}</th><th class="n">${t("wall.waiting")}</th><th class="n">${t("wall.longestShort")}</th><th class="n">${t("desk.min30")}</th><th class="n">${t("state.ready")}</th>
            </tr>
          </thead>
          <tbody>
            ${queues.map((/** @type {any} */ q) => {
              const level = grade(q.sl_30m.ratio, q.target.ratio);
              const longest = since(q.longest_wait_since);
              const late = longest !== null && longest > q.target.within_ms ? "crit b" : longest !== null && longest > q.target.within_ms - 10000 ? "warn" : "";
              return html`<tr key=${q.id}>
                <th scope="row" class=${late === "crit b" ? "b" : ""}>${q.name}</th>
                <td class=${q.waiting ? (late ? "n b" : "n") : "n d"}>${num(q.waiting)}</td>
                <td class=${"n " + (longest === null ? "d" : late)}>${dur(longest)}</td>
                <td class=${"n " + (q.sl_30m.ratio === null ? "d" : level)}>${level && html`<${Sev} level=${level} />`}${pct(q.sl_30m.ratio, 0)}${q.sl_30m.ratio !== null && html`<span class="u">%</span>`}</td>
                <td class=${q.agents.ready ? "n" : "n d"}>${num(q.agents.ready)}</td>
              </tr>`;
            })}
          </tbody>
        </table>`}
  </section>`;
};

const QUARTER = 15 * 60 * 1000;
const COLUMNS = 32;
const H = 40;

/** The shift so far: what each quarter of an hour was spent on. */
export const Shift = () => {
  const all = day.value?.quarters ?? [];
  const quarters = all.slice(-COLUMNS);
  const step = 244 / COLUMNS;
  return html`<section class="sec shiftsec">
    <h2 class="h">${t("desk.shift")} <span class="sp"></span><span class="legend"><${State} state="talking" /><${State} state="wrap_up" /><${State} state="not_ready" /></span></h2>
    <svg viewBox="0 0 244 58" role="img" aria-label=${t("desk.shiftChart")}>
      ${quarters.map((/** @type {any} */ q, /** @type {number} */ i) => {
        let y = H;
        const bar = (/** @type {number} */ ms, /** @type {string} */ kind) => {
          const h = Math.min(y, (ms / QUARTER) * H);
          y -= h;
          return h > 0.3 && html`<rect class=${kind} x=${i * step + 0.5} y=${y} width=${step - 1} height=${h} />`;
        };
        const hour = minute(q.start);
        return html`<g key=${q.start}>
          ${bar(q.talk_ms, "talk")}${bar(q.wrap_ms, "wrap")}${bar(q.ready_ms, "rest")}${bar(q.not_ready_ms, "away")}
          ${i % 8 === 0 && html`<text x=${i * step} y="55">${hour}</text>`}
        </g>`;
      })}
      <line x1="0" x2="244" y1=${H + 0.5} y2=${H + 0.5} />
    </svg>
  </section>`;
};
