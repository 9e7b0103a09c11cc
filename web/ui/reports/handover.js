// Where calls went on from queue to queue: visits and calls counted apart.
import { html } from "../shared/lib.js";
import { t } from "../shared/text.js";
import { names } from "../qa/names.js";
import { asked, address, earlierSpan, useReport } from "./source.js";
import { Got, Part } from "./parts.js";
import { Figure, delta, comparing } from "./figure.js";

/** @param {any[]} list @param {string} field */
const order = (list, field) => {
  const ids = [...new Set(list.map((h) => h[field]))];
  const at = (/** @type {string} */ id) => names.queues.value.findIndex((q) => q.id === id);
  return ids.sort((a, b) => at(a) - at(b));
};

/** @param {{ list: any[], old: any[] | undefined, field: "visits" | "calls" }} p */
const Matrix = ({ list, old, field }) => {
  const [from, to] = [order(list, "from"), order(list, "to")];
  const of = (/** @type {any[] | undefined} */ l, /** @type {string} */ a, /** @type {string} */ b) => l?.find((h) => h.from === a && h.to === b)?.[field] ?? 0;
  const most = Math.max(1, ...list.map((h) => h[field]));
  const sum = (/** @type {(h: any) => boolean} */ keep) => list.filter(keep).reduce((n, h) => n + h[field], 0);
  const way = (/** @type {string} */ came, /** @type {string} */ queue) => ({ figure: "hand " + field, queue, cell: { came } });
  return html`<table class="fg mx" aria-label=${t("reports.handOver")}>
    <thead><tr><th>${t("reports.fromTo")}</th>${to.map((b) => html`<th class="n" scope="col">${names.queue(b)}</th>`)}<th class="n">${t("reports.all")}</th></tr></thead>
    <tbody>${from.map((a) => html`<tr><td>${names.queue(a)}</td>${to.map((b) => {
      const n = of(list, a, b);
      return html`<td class="n heat" style=${{ "--h": String(n / most) }}><${Figure} v=${n} drill=${way(a, b)} />${comparing() && html`<small>${old ? delta("n", n, of(old, a, b)) : "\u00a0"}</small>`}</td>`;
    })}<td class="n"><${Figure} v=${sum((h) => h.from === a)} drill=${way(a, "")} strong /></td></tr>`)}
      <tr class="total"><td>${t("reports.all")}</td>${to.map((b) => html`<td class="n"><${Figure} v=${sum((h) => h.to === b)} drill=${way("", b)} /></td>`)}<td class="n"><${Figure} v=${sum(() => true)} drill=${way("", "")} strong /></td></tr></tbody>
  </table>`;
};

export const View = () => {
  const { by } = asked.value;
  const e = earlierSpan();
  const got = useReport(address("queues", { by }));
  const old = useReport(e ? address("queues", { by }, e) : "");
  return html`<${Got} of=${got}>${(/** @type {any} */ d) => {
    const list = d.hand_over ?? [];
    if (!list.length) return html`<p class="m none part">${t("reports.noHandOver")}</p>`;
    return html`<${Part} name=${t("reports.handVisits")} note=${t("reports.handVisitsNote")}><${Matrix} list=${list} old=${old.data?.hand_over ?? (old.data ? [] : undefined)} field="visits" /><//>
      <${Part} name=${t("reports.handCalls")} note=${t("reports.handCallsNote")}><${Matrix} list=${list} old=${old.data?.hand_over ?? (old.data ? [] : undefined)} field="calls" /><//>`;
  }}<//>`;
};
