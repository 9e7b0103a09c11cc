// Who is to work when on the date shown, and a table of turns to be put in force: looked at first, with every fault of it.
import { html } from "../shared/lib.js";
import { useState } from "../vendor/preact/hooks.module.js";
import { t, lang } from "../shared/text.js";
import { num } from "../shared/format.js";
import { Problem } from "../shared/api.js";
import { reload, useReport } from "./source.js";
import { Part } from "./parts.js";

/** @param {any} d */
const hours = (d) => (d.turns.length ? d.turns.map((/** @type {any} */ x) => `${x.from}–${x.to}`).join(", ") : t("turns.off"));

/** @param {{ date: string }} p */
export const Turns = ({ date }) => {
  const [file, setFile] = useState(/** @type {File | null} */ (null));
  const [read, setRead] = useState(/** @type {any} */ (null));
  const [problem, setProblem] = useState("");
  const got = useReport("/turns?from=" + date);
  const send = async (/** @type {File | null} */ f, /** @type {boolean} */ publish) => {
    if (!f) return;
    setProblem("");
    try {
      const r = await fetch("/api/v1/turns" + (publish ? "?publish=true" : ""), { method: "POST", headers: { "Content-Type": "text/csv", "Accept-Language": lang.value }, body: f });
      const b = await r.json();
      if (!r.ok) throw new Problem(r.status, b.detail ?? "");
      setRead(b);
      if (b.done) reload();
    } catch (e) {
      setProblem(e instanceof Problem && e.status ? e.message : t("error.unreachable"));
    }
  };
  const list = got.data ?? [];
  return html`<${Part} name=${t("turns.name")} note=${date}>
    ${list.length ? html`<table class="fg"><tbody>${list.map((/** @type {any} */ d) => html`<tr key=${d.agent}><th scope="row" class="cut">${d.name} <span class="d">${d.agent}</span></th><td>${hours(d)}</td><td class="d">${d.own ? t("turns.own") : t("turns.weekly")}</td></tr>`)}</tbody></table>` : html`<p class="m none">${t("turns.none")}</p>`}
    <p class="noprint"><label>${t("turns.file")} <input type="file" accept=".csv,text/csv" onChange=${(/** @type {any} */ e) => {
      const f = e.target.files[0] ?? null;
      setFile(f);
      setRead(null);
      send(f, false);
    }} /></label> <span class="d">${t("turns.note")}</span></p>
    ${problem && html`<p class="crit" role="alert">${problem}</p>`}
    ${read && (read.faults.length
      ? html`<table class="fg" role="alert"><tbody>${read.faults.slice(0, 200).map((/** @type {any} */ f) => html`<tr><td class="nw">${t("turns.row", { n: num(f.row) })}</td><td>${f.column}</td><td class="crit">${f.problem}</td><td class="m">${f.want}</td></tr>`)}</tbody></table>`
      : html`<p role="status" class="noprint">${read.done ? t("turns.kept") : html`${t("turns.good", { n: num(read.days.length) })} <button class="btn p" onClick=${() => send(file, true)}>${t("turns.keep")}</button>`}</p>`)}
  <//>`;
};
