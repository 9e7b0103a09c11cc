// How often which wrap-up code was given, and in which queues.
import { html, Glyph } from "../shared/lib.js";
import { t } from "../shared/text.js";
import { num, pct } from "../shared/format.js";
import { codes, codePath } from "../shared/codes.js";
import { asked } from "./source.js";
import { Part } from "./parts.js";
import { Figure, leads } from "./figure.js";

/** The talks of a code, or those without. @param {string} figure @param {string} code */
const talks = (figure, code) => ({ figure, queue: asked.value.queue, cell: { code } });

/** @param {{ report: any }} p */
export const Codes = ({ report }) => {
  const queue = asked.value.queue;
  const rows = report.rows.filter((/** @type {any} */ r) => !queue || r.queue === queue);
  /** @type {Map<string, { n: number, queues: string[] }>} */
  const found = new Map();
  let missing = 0;
  for (const r of rows) {
    missing += r.codes.missing;
    for (const [code, n] of Object.entries(r.codes.by_code ?? {})) {
      const f = found.get(code) ?? { n: 0, queues: [] };
      f.n += /** @type {number} */ (n);
      f.queues.push(`${r.name || r.queue} ${num(/** @type {number} */ (n))}`);
      found.set(code, f);
    }
  }
  if (!found.size && !missing) return "";
  const all = [...found.values()].reduce((sum, f) => sum + f.n, 0);
  const order = codes.value.map((c) => c.id);
  const place = (/** @type {string} */ id) => (order.includes(id) ? order.indexOf(id) : order.length);
  return html`<${Part} name=${t("reports.codes")} note=${t("reports.coded", { n: num(all) })} right=${missing > 0 && html`<span class="sv warn"><${Glyph} name="warn" /><a class="fig" ...${leads(talks("code missing", ""))}>${t("reports.uncoded", { n: num(missing) })}</a></span>`}>
    <table class="fg">
      <thead><tr><th>${t("reports.code")}</th><th class="n">${t("reports.codeTimes")}</th><th class="n">${t("reports.share")}</th><th>${t("reports.byQueue")}</th></tr></thead>
      <tbody>${[...found]
        .sort((a, b) => place(a[0]) - place(b[0]) || a[0].localeCompare(b[0]))
        .map(([id, f]) => html`<tr key=${id}><td class="cut">${codePath(id)}</td><td class="n"><${Figure} v=${f.n} drill=${talks("code given", id)} /></td><td class="n m">${pct(f.n / all)}</td><td class="m cut">${f.queues.join("\u2002")}</td></tr>`)}</tbody>
    </table>
  <//>`;
};
