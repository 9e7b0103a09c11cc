// The page of reports: the monthly sheet, the course of the day, queues and agents, each to be had as a file.
import { html, render } from "../shared/lib.js";
import { t, code } from "../shared/text.js";
import { num, clock } from "../shared/format.js";
import { enter, Head, Blank } from "../shared/shell.js";
import { asked, ask, got, busy, problem, load, periods, intervals, address, span } from "./source.js";
import { Chart } from "./chart.js";
import { Sheet, Queues, Agents } from "./tables.js";
import { loadCodes } from "../shared/codes.js";
import { Codes } from "./codes.js";

/** @param {{ name: string }} p */
const Files = ({ name }) => {
  /** @type {Record<string, string>} */
  const more = name === "queues" || name === "agents" ? { interval: asked.value.interval } : {};
  return html`<span class="files"><span class="d">${code("reports.file", name)}</span>
    ${["xlsx", "csv", "json"].map((f) => html`<a class="btn" href=${"/api/v1" + (name === "kpi" ? `/reports/kpi?month=${asked.value.from.slice(0, 7)}&format=${f}` : address(name, { ...more, format: f }))} download=${f === "json" ? `${name}.json` : true}>${f.toUpperCase()}</a>`)}</span>`;
};

const Filters = () => {
  const a = asked.value;
  const total = got.value?.queues.totals[0];
  const open = total?.open;
  return html`<div class="flt">
    <span class="seg">${periods.map((p) => html`<button class=${"btn" + (a.period === p ? " on" : "")} aria-pressed=${a.period === p} onClick=${() => ask({ period: p, from: "", to: "" })}>${code("period", p)}</button>`)}</span>
    <label>${t("reports.from")}<input type="date" value=${a.from} max=${a.to} onChange=${(/** @type {any} */ e) => e.target.value && ask({ from: e.target.value, to: a.to < e.target.value ? e.target.value : a.to })} /></label>
    <label>${t("reports.to")}<input type="date" value=${a.to} min=${a.from} onChange=${(/** @type {any} */ e) => e.target.value && ask({ from: a.from, to: e.target.value })} /></label>
    <label>${t("reports.interval")}<select value=${a.interval} onChange=${(/** @type {any} */ e) => ask({ interval: e.target.value })}>${intervals.map((i) => html`<option value=${i} selected=${i === a.interval}>${code("interval", i)}</option>`)}</select></label>
    <span class="sp"></span>
    ${total && html`<span class="m" role="status">${t("reports.upTo", { n: num(total.requested), at: clock(got.value.queues.as_of) })}</span>`}
    ${open && html`<span class="chip">${total.waiting ? t("reports.stillWaiting", { n: total.waiting }) : t("reports.notFinal")}</span>`}
    <button class="btn noprint" onClick=${load}>${t("reports.reload")} <kbd>R</kbd></button>
    <button class="btn noprint" onClick=${() => print()}>${t("reports.print")} <kbd>P</kbd></button>
  </div>`;
};

const Page = () => {
  document.title = t("reports.title");
  const g = got.value;
  const a = asked.value;
  const queue = a.queue && g?.queues.rows.find((/** @type {any} */ r) => r.queue === a.queue)?.name;
  return html`<${Head} /><${Filters} />
    ${problem.value
      ? html`<${Blank} state="error" text=${problem.value} retry=${load} />`
      : !g
        ? html`<${Blank} state="loading" />`
        : html`<main class=${busy.value ? "busy" : ""} aria-busy=${busy.value}>
            <${Sheet} kpi=${g.kpi} />
            <div class="rt">
              <${Chart} rows=${g.course} interval=${a.interval} from=${span().from} to=${span().to} name=${queue ? t("reports.courseOf", { queue }) : t("reports.course")} />
              ${g.queues.totals[0]?.requested === 0 && html`<p class="m none">${t("reports.none")}</p>`}
              <${Queues} report=${g.queues} />
              <${Codes} report=${g.queues} />
            </div>
            <${Agents} report=${g.agents} />
            <footer class="noprint">${["queues", "agents", "kpi", "contacts"].map((n) => html`<${Files} name=${n} />`)}<span class="sp"></span><span class="d">${t("reports.audited")}</span></footer>
          </main>`}`;
};

document.addEventListener("keydown", (e) => {
  if (e.ctrlKey || e.metaKey || e.altKey || /^(INPUT|SELECT|TEXTAREA)$/.test(/** @type {HTMLElement} */ (e.target).tagName)) return;
  if (e.key === "p") print();
  if (e.key === "r") load();
});
window.addEventListener("popstate", load);

await enter();
loadCodes();
load();
render(html`<${Page} />`, document.body);
