// What the views are put together from.
import { html } from "../shared/lib.js";
import { t, lang } from "../shared/text.js";
import { Blank, may } from "../shared/shell.js";
import { reload } from "./source.js";

/**
 * What a report shows: bars while it is on its way, its rows, and the rows of before, faded, while it cannot be had.
 * @param {{ of: import("./source.js").Reply, children: (data: any) => any }} p
 */
export const Got = ({ of, children }) => {
  if (!of.data) return of.problem ? html`<${Blank} state="error" text=${of.problem} retry=${reload} />` : html`<${Blank} state="loading" />`;
  return html`${of.problem && html`<p class="late crit" role="alert">${of.problem} <button class="btn q" onClick=${reload}>${t("list.retry")}</button></p>`}
    <div class=${of.problem ? "got stale-area" : of.busy ? "got busy" : "got"} aria-busy=${of.busy}>${children(of.data)}</div>`;
};

/** The files of exactly what a part shows, for who may take them away. @param {{ file: string }} p  file: its address in the API, without a format */
export const Files = ({ file }) =>
  may("export") &&
  html`<span class="files noprint">
    ${["csv", "xlsx"].map((f) => html`<a class="btn q" href=${`/api/v1${file}${file.includes("?") ? "&" : "?"}format=${f}&lang=${lang.value}`} download=${true}>${f.toUpperCase()}</a>`)}
  </span>`;

/**
 * A part of a view: its name, what has to be said about it, its files.
 * @param {{ name: any, note?: any, file?: string, cls?: string, right?: any, children?: any }} p
 */
export const Part = ({ name, note, file, cls, right, children }) => html`<section class=${"part " + (cls ?? "")}>
  <div class="h"><h2>${name}</h2>${note && html`<span class="d cut">${note}</span>`}<span class="sp"></span>${right}${file && html`<${Files} file=${file} />`}</div>
  ${children}
</section>`;
