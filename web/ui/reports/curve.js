// The whole curve: what share of those who came was answered, and had given up, by each second of the wait.
import { html } from "../shared/lib.js";
import { t } from "../shared/text.js";
import { pct } from "../shared/format.js";
import { asked, address, useReport } from "./source.js";
import { Got, Part } from "./parts.js";

const W = 640;
const H = 190;

/** @param {{ r: any }} p */
const Drawn = ({ r }) => {
  const c = r.curve;
  const n = c.answered.length;
  const of = Math.max(r.offered, 1);
  const x = (/** @type {number} */ s) => (s / (n - 1)) * W;
  const y = (/** @type {number} */ v) => H - (v / of) * H;
  const line = (/** @type {number[]} */ list) => list.map((v, i) => `${i ? "L" : "M"}${x(i).toFixed(1)} ${y(v).toFixed(1)}`).join("");
  const within = Math.round((r.definition?.within_ms ?? r.target_within_ms ?? 20_000) / 1000);
  const hit = c.answered[Math.min(within, n - 1)];
  const marks = [0, 20, 40, 60, 80, 100, 120].filter((s) => s < n);
  return html`<svg class="curve" viewBox="-4 -8 700 226" role="img" aria-label=${t("reports.curveSays", { s: within, p: pct(hit / of) })}>
    ${[20, 40, 60, 80, 100].map((p) => html`<line class="grid" x1="0" x2=${W} y1=${y((of * p) / 100)} y2=${y((of * p) / 100)} /><text x=${W + 8} y=${y((of * p) / 100) + 4}>${p}</text>`)}
    <line class="axis" x1="0" x2=${W} y1=${H} y2=${H} />
    ${marks.map((s) => html`<text x=${x(s)} y=${H + 18} text-anchor=${s ? "middle" : "start"}>${s}${s === marks.at(-1) ? " s" : ""}</text>`)}
    <path class="ab" d=${line(c.abandoned)} /><path class="an" d=${line(c.answered)} />
    ${within < n && html`<line class="tgt" x1=${x(within)} x2=${x(within)} y1="-4" y2=${H} /><circle class="dot" cx=${x(within)} cy=${y(hit)} r="3.5" />
      <text class="say" x=${x(within) + 8} y=${Math.min(y(hit) + 18, H - 8)}>${t("reports.curveSays", { s: within, p: pct(hit / of) })}</text>`}
    <text class="say" x=${W - 4} y=${y(c.answered[n - 1]) - 6} text-anchor="end">${t("reports.answered")} ${pct(c.answered[n - 1] / of)} %</text>
    <text class="say" x=${W - 4} y=${Math.min(y(c.abandoned[n - 1]) - 6, H - 6)} text-anchor="end">${t("reports.abandoned")} ${pct(c.abandoned[n - 1] / of)} %</text>
  </svg>`;
};

/** Shares at several bounds at once. @param {{ r: any }} p */
const Bounds = ({ r }) => html`<table class="bounds"><thead><tr><th>${t("reports.within")}</th><th class="n">${t("reports.answered")}</th><th class="n">${t("reports.ofOffered")}</th><th class="n">${t("reports.ofAnswered")}</th><th class="n">${t("reports.abandoned")}</th></tr></thead>
  <tbody>${[5, 10, 15, 20, 30, 45, 60, 90, 120].filter((s) => s < r.curve.answered.length).map((s) => {
    const [a, b] = [r.curve.answered[s], r.curve.abandoned[s]];
    return html`<tr><td>≤ ${s} s</td><td class="n">${a}</td><td class="n b">${pct(r.offered ? a / r.offered : null)}</td><td class="n m">${pct(r.answered ? a / r.answered : null)}</td><td class="n m">${b}</td></tr>`;
  })}</tbody></table>`;

export const Curve = () => {
  const { queue, by } = asked.value;
  const got = useReport(address("queues", { by, queue, curve: "true" }));
  const row = got.data && (queue ? got.data.rows.find((/** @type {any} */ r) => r.queue === queue) : got.data.totals[0]);
  if (got.data && !row?.curve) return null;
  return html`<${Part} name=${t("reports.curve")} note=${t("reports.curveNote")}>
    <${Got} of=${got}>${() => html`<div class="two"><${Drawn} r=${row} /><${Bounds} r=${row} /></div>`}<//>
  <//>`;
};
