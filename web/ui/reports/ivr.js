// How calls went through the flows: steps from left to right, where they went on to, and where callers hung up.
import { html, signal } from "../shared/lib.js";
import { t, code } from "../shared/text.js";
import { num, dur, pct } from "../shared/format.js";
import { names } from "../qa/names.js";
import { asked, ask, address, useReport } from "./source.js";
import { Got, Part } from "./parts.js";
import { Figure, leads } from "./figure.js";
import { layout } from "./sankey.js";

const W = 1180, H = 470, BAR = 10;

/** Calls in the flow that is shown. @param {string} figure @param {string} [node] @param {string} [to] */
const calls = (figure, node = "", to = "") => ({ figure: "ivr " + figure, cell: { flow: asked.value.more.flow ?? "", node, to_node: to } });

/** The box that is looked at. */
const on = signal("");

/** @param {any} n */
function label(n) {
  if (n.kind === "start") return t("chart.begin");
  if (n.kind === "queue") return names.queue(n.step || n.id);
  if (n.kind === "exit") return code("ivrend", n.step);
  return n.path || n.step || n.id;
}

/** @param {any} n @param {number} of */
const words = (n, of) => [label(n), t("chart.calls", { n: num(n.count || n.sum) }), n.kind === "step" ? n.step : "", of ? `${pct((n.count || n.sum) / of)} %` : "", n.avg_ms !== null && n.avg_ms !== undefined ? t("chart.stayed", { n: dur(n.avg_ms) }) : "", n.abandoned ? t("chart.hungUp", { n: num(n.abandoned) }) : ""].filter((x) => x).join(" · ");

/** @param {{ d: any }} p */
const Picture = ({ d }) => {
  const { boxes, ways } = layout(d.nodes, d.links, { width: W, height: H, bar: BAR, gap: 14 });
  const lit = (/** @type {any} */ w) => on.value === w.from.id || on.value === w.to.id;
  const last = Math.max(...boxes.map((b) => b.x));
  const between = (/** @type {any} */ w) => `${label(w.from)} → ${label(w.to)}: ${num(w.count)}`;
  const at = boxes.find((b) => b.id === on.value);
  return html`<div class="wide7"><svg class="sk" viewBox=${`0 -14 ${W + 150} ${H + 30}`} role="group" aria-label=${t("view.ivr")}>
    ${ways.filter((w) => !w.back).map((w) => {
      const [x0, x1] = [w.from.x + BAR, w.to.x], mid = (x0 + x1) / 2;
      return html`<a ...${leads(calls("link", w.from.id, w.to.id))} tabindex="-1" aria-label=${between(w)}><path class=${"way" + (lit(w) ? " on" : "") + (w.to.kind === "exit" && w.to.step === "abandoned" ? " lost" : "")} style=${{ strokeWidth: String(w.w) }} d=${`M${x0} ${w.y0 + w.w / 2}C${mid} ${w.y0 + w.w / 2} ${mid} ${w.y1 + w.w / 2} ${x1} ${w.y1 + w.w / 2}`}><title>${between(w)}</title></path></a>`;
    })}
    ${ways.filter((w) => w.back && w.from !== w.to).map((w) => html`<a ...${leads(calls("link", w.from.id, w.to.id))} tabindex="-1" aria-label=${between(w)}><path class=${"back" + (lit(w) ? " on" : "")} d=${`M${w.from.x + BAR / 2} ${w.from.y}C${w.from.x} ${w.from.y - 40} ${w.to.x + BAR} ${w.to.y - 40} ${w.to.x + BAR / 2} ${w.to.y}`}><title>${between(w)}</title></path></a>`)}
    ${boxes.map((b) => html`<a key=${b.id} ...${leads(calls("node", b.id))} aria-label=${words(b, d.calls)} class=${"bx " + b.kind + (b.step === "abandoned" ? " lost" : "")} onFocus=${() => (on.value = b.id)} onMouseEnter=${() => (on.value = b.id)}>
      <rect x=${b.x} y=${b.y} width=${BAR} height=${b.h} /><rect class="hit" x=${b.x - 4} y=${b.y - 6} width=${b.x === last ? 130 : 120} height=${Math.max(18, b.h + 8)} />
      <text x=${b.x + BAR + 5} y=${b.y + Math.min(b.h / 2, 200) + 4}>${label(b).slice(0, 18)} <tspan>${num(b.count || b.sum)}</tspan></text></a>`)}
  </svg></div><p class="said m" role="status">${at ? words(at, d.calls) : t("chart.flowHint")}</p>`;
};

/** @param {{ d: any }} p */
const Steps = ({ d }) => {
  const by = new Map(d.nodes.map((/** @type {any} */ n) => [n.id, n]));
  const name = (/** @type {string} */ id) => label(by.get(id) ?? { id });
  return html`<div class="two eq"><table class="fg"><thead><tr><th>${t("chart.step")}</th><th class="n">${t("chart.came")}</th><th class="n">${t("chart.mean")}</th><th class="n">${t("chart.gone")}</th></tr></thead>
      <tbody>${d.nodes.map((/** @type {any} */ n) => html`<tr><td class="cut">${label(n)} <span class="d">${n.kind === "step" ? n.step : ""}</span></td><td class="n"><${Figure} v=${n.count} drill=${calls("node", n.id)} /></td><td class="n">${dur(n.avg_ms)}</td><td class="n"><${Figure} v=${n.abandoned} drill=${calls("gone", n.id)} /></td></tr>`)}</tbody></table>
    <table class="fg"><thead><tr><th>${t("chart.from")}</th><th>${t("chart.to")}</th><th class="n">${t("chart.times")}</th></tr></thead>
      <tbody>${[...d.links].sort((/** @type {any} */ a, /** @type {any} */ b) => b.count - a.count).map((/** @type {any} */ l) => html`<tr><td class="cut">${name(l.from)}</td><td class="cut">${name(l.to)}</td><td class="n"><${Figure} v=${l.count} drill=${calls("link", l.from, l.to)} /></td></tr>`)}</tbody></table></div>`;
};

export const View = () => {
  const flow = asked.value.more.flow ?? "";
  const path = address("ivr", { flow });
  const got = useReport(path);
  const d = got.data;
  const sums = d && [["calls", d.calls], ["asked", d.asked], ["abandoned", d.abandoned], ["voicemail", d.voicemail], ["callback", d.callback], ["ended", d.ended]];
  return html`<${Part} name=${t("view.ivr")} file=${path} right=${d?.flows?.length > 1 && html`<label class="noprint">${t("chart.flow")} <select value=${flow} onChange=${(/** @type {any} */ e) => ask({ flow: e.target.value })}><option value="">${t("chart.allFlows")}</option>${d.flows.map((/** @type {string} */ x) => html`<option value=${x} selected=${x === flow}>${x}</option>`)}</select></label>`}>
    <${Got} of=${got}>${(/** @type {any} */ r) => (r.calls ? html`<dl class="big">${sums.map((/** @type {any} */ [k, v]) => html`<div><dt>${code("ivrend", k)}</dt><dd><${Figure} v=${v} drill=${calls(k)} /></dd><dd class="d">${k === "calls" ? "" : pct(v / r.calls) + " %"}</dd></div>`)}</dl><${Picture} d=${r} /><${Steps} d=${r} />` : html`<p class="m none">${t("chart.nothing")}</p>`)}<//>
  <//>`;
};
