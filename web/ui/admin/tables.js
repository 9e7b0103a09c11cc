// Agents, numbers and number tables out to a spreadsheet and in again; every fault is shown before anything is done.
import { html, signal } from "../shared/lib.js";
import { t, code, lang } from "../shared/text.js";
import { api, Problem, toLogin } from "../shared/api.js";
import { num } from "../shared/format.js";
import { inForce, proposal, attempt, drop } from "./file.js";

const kinds = ["agents", "numbers", "entries"];
const kind = signal("agents");
const MOST = 16 << 20;
/** @type {import("../shared/lib.js").Signal<any>} */
const preview = signal(null);

/** @param {string} query @param {Blob} table */
async function send(query, table) {
  const res = await fetch(`/api/v1/centre/tables/${kind.value}?${query}`, { method: "POST", headers: { "Content-Type": "text/csv", "Accept-Language": lang.value }, body: table });
  if (res.status === 401) toLogin();
  const body = await res.json().catch(() => ({}));
  if (!res.ok) throw new Problem(res.status, body.detail ?? res.statusText);
  return body;
}

/** @param {Blob & { name?: string }} file */
async function look(file) {
  drop();
  preview.value = null;
  const answer = await attempt(async () => {
    if (file.size > MOST) throw new Problem(413, t("admin.tooLarge", { mb: MOST >> 20 }));
    return send("", file);
  });
  if (!answer) return;
  preview.value = { ...answer, name: file.name ?? "" };
  const base = answer.base;
  proposal.value = {
    answer,
    from: "table",
    publish: async (note) => {
      const done = await send(new URLSearchParams({ publish: "true", base, note }).toString(), file);
      preview.value = null;
      return done;
    },
  };
}

async function download() {
  await attempt(async () => {
    await api("/me"); // a session that is over goes to the log-in page, not into the file
    const a = document.createElement("a");
    a.href = `/api/v1/centre/tables/${kind.value}`;
    a.download = kind.value + ".csv";
    a.click();
  });
}

export const Tables = () => {
  const p = preview.value;
  return html`<h2>${t("admin.tables")}</h2>
    <p class="m">${t("admin.tablesHint")}</p>
    <p class="acts">
      <label>${t("admin.tableOf")}<select value=${kind.value} onChange=${(/** @type {any} */ e) => ((kind.value = e.currentTarget.value), (preview.value = null), drop())}>${kinds.map((k) => html`<option value=${k}>${code("table", k)}</option>`)}</select></label>
      <button class="btn" onClick=${download} disabled=${!inForce.value.sha256}>${t("admin.export")}</button>
      <label class="btn file">${t("admin.import")}<input id="table" type="file" accept=".csv,text/csv" onChange=${(/** @type {any} */ e) => e.currentTarget.files[0] && look(e.currentTarget.files[0]).finally(() => (e.target.value = ""))} /></label>
    </p>
    ${p && html`<h2>${p.name} <span class="d">${t("admin.rows", { n: num(p.rows), encoding: p.encoding ?? "" })}</span></h2>
      ${p.faults.length > 0
        ? html`<p class="crit" role="alert">${t("admin.tableFaults", { n: p.faults.length })}</p>
            <table class="tf"><thead><tr><th class="n">${t("admin.row")}</th><th>${t("admin.column")}</th><th>${t("admin.wrong")}</th><th>${t("admin.right")}</th></tr></thead>
              <tbody>${p.faults.map((/** @type {any} */ f) => html`<tr><td class="n">${f.row || ""}</td><td><code>${f.column ?? ""}</code></td><td>${f.problem}</td><td class="m">${f.want ?? ""}</td></tr>`)}</tbody></table>`
        : html`<p class="m">${t("admin.tableGood")}</p>`}`}`;
};
