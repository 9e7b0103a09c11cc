// The centre in force, as tables.
import { html } from "../shared/lib.js";
import { t, code } from "../shared/text.js";
import { dur, num, pct, DASH } from "../shared/format.js";

/** @param {{ title: string, count: number, heads: [string, string?][], rows: any[] }} p */
const Table = ({ title, count, heads, rows }) => html`<section>
  <h2>${title} <span class="d">${num(count)}</span></h2>
  ${count > 0 && html`<table>
    <thead><tr>${heads.map(([word, side]) => html`<th class=${side ?? ""}>${word}</th>`)}</tr></thead>
    <tbody>${rows}</tbody>
  </table>`}
</section>`;

/** @param {number} ms */
const seconds = (ms) => (ms ? html`${num(Math.round(ms / 1000))}<span class="u">s</span>` : html`<span class="d">${DASH}</span>`);

/** @param {Record<string, number>} skills */
const levels = (skills) => Object.entries(skills ?? {}).map(([s, n]) => `${s} ${n}`).join(" · ");

/** @param {{ c: any }} p */
export const Centre = ({ c }) => {
  const numbers = Object.entries(c.numbers ?? {});
  return html`<section>
      <h2>${t("admin.centre")}</h2>
      <dl class="facts">
        <dt>${t("admin.zone")}</dt><dd>${c.time_zone}</dd>
        <dt>${t("admin.language")}</dt><dd>${c.language}</dd>
        <dt>${t("admin.file")}</dt><dd><code>${c.sha256}</code></dd>
        <dt>${t("admin.numbers")}</dt><dd>${numbers.map(([n, flow]) => html`<div>${n} → ${flow}</div>`)}</dd>
      </dl>
    </section>
    <${Table} title=${t("admin.queues")} count=${c.queues.length}
      heads=${[[t("wall.queue")], [t("admin.needs")], [t("admin.strategy")], [t("admin.priority"), "n"], [t("wall.targetOwn"), "n"], [t("admin.ring"), "n"], [t("admin.wrap"), "n"]]}
      rows=${c.queues.map((/** @type {any} */ q) => html`<tr key=${q.id}>
        <th scope="row">${q.name} <span class="d">${q.id}</span></th><td class="wide"><code>${q.needs}</code></td><td>${q.strategy}</td><td class="n">${q.priority}</td>
        <td class="n">${t("wall.goal", { s: q.target_within_ms / 1000, p: pct(q.target_ratio, 0) })}</td><td class="n">${seconds(q.ring_timeout_ms)}</td>
        <td class="n">${q.wrap_up_ms ? seconds(q.wrap_up_ms) : code("admin.wrapMode", q.wrap_up)}</td></tr>`)} />
    <${Table} title=${t("admin.agents")} count=${c.agents.length}
      heads=${[[t("admin.agent")], [t("admin.team")], [t("admin.skills")]]}
      rows=${c.agents.map((/** @type {any} */ a) => html`<tr key=${a.id}>
        <th scope="row">${a.name} <span class="d">${a.id}</span></th><td>${c.teams.find((/** @type {any} */ x) => x.id === a.team)?.name ?? a.team ?? DASH}</td><td class="wide m">${levels(a.skills)}</td></tr>`)} />
    <${Table} title=${t("admin.reasons")} count=${c.not_ready_reasons.length}
      heads=${[[t("admin.reason")], [t("desk.perTime"), "n"], [t("admin.atOnce"), "n"]]}
      rows=${c.not_ready_reasons.map((/** @type {any} */ r) => html`<tr key=${r.id}>
        <th scope="row">${r.name} <span class="d">${r.id}</span></th><td class="n">${r.allowance_ms ? dur(r.allowance_ms) : t("desk.unlimited")}</td><td class="n">${r.max_at_once || t("desk.unlimited")}</td></tr>`)} />`;
};
