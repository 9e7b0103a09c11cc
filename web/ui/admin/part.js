// A part of the centre as a list with a form beside it.
import { html, signal, effect } from "../shared/lib.js";
import { t, code } from "../shared/text.js";
import { num, DASH } from "../shared/format.js";
import { inForce, propose, proposal, drop, busy } from "./file.js";
import { Rows, rowOf } from "./hours.js";
import { fields, at, shown, meant, members, refs, daysOf, daysText } from "./fields.js";

/** @typedef {import("./fields.js").Field} Field */

/** The row in the form: its path, "new" with where, or "". */
const chosen = signal("");
const find = signal("");
/** @type {import("../shared/lib.js").Signal<Record<string, string>>} */
const typed = signal({});
const AGAIN = 3000;
const MOST = 500; // rows that are shown; more are found by searching
/** Of kinds that may hold members of their own: where these stand. @type {Record<string, string>} */
const within = { wrap_up_codes: "codes", tables: "entries" };
const armed = signal(false);

effect(() => {
  if (!armed.value) return;
  const timer = setTimeout(() => (armed.value = false), AGAIN);
  return () => clearTimeout(timer);
});

/** @param {string} path */
function choose(path) {
  drop();
  chosen.value = path;
  typed.value = {};
  armed.value = false;
}

/** @param {Field} f @param {string} [part] */
function label(f, part = "") {
  const own = `${part}_${f.key}`;
  return code("field", own) === own ? code("field", f.key.replaceAll(".", "_")) : code("field", own);
}

/** Down and up move through the rows, as in every list. @param {KeyboardEvent} e */
function move(e) {
  if (e.key !== "ArrowDown" && e.key !== "ArrowUp") return;
  const all = [.../** @type {HTMLElement} */ (e.currentTarget).querySelectorAll("button.pick")];
  const next = all[all.indexOf(/** @type {Element} */ (document.activeElement)) + (e.key === "ArrowDown" ? 1 : -1)];
  if (!next) return;
  e.preventDefault();
  /** @type {HTMLElement} */ (next).focus();
}

/** @param {{ f: Field, was: any, isNew: boolean }} p */
const Input = ({ f, was, isNew }) => {
  const value = typed.value[f.key] ?? shown(f, was);
  const write = (/** @type {string} */ text) => {
    typed.value = { ...typed.value, [f.key]: text };
    if (proposal.value) proposal.value = { ...proposal.value, stale: true }; // what was checked is no longer what stands here
  };
  const set = (/** @type {any} */ e) => write(e.currentTarget.value);
  const common = { name: f.key, onInput: set, value, placeholder: f.usual };
  switch (f.type) {
    case "bool":
    case "choice": {
      const all = f.type === "bool" ? ["true", "false"] : [...(f.choices ?? [])];
      if (value && !all.includes(value)) all.push(value);
      return html`<select ...${common} onChange=${set}><option value="">${t("admin.byDefault")}</option>${all.map((c) => html`<option value=${c} selected=${c === value}>${f.type === "bool" ? code("yes", c) : code("choice", c)}</option>`)}</select>`;
    }
    case "ref":
      return html`<select ...${common} onChange=${set}><option value="">${DASH}</option>${refs(f.of ?? "", inForce.value.file).map(([id, name]) => html`<option value=${id} selected=${id === value}>${name}</option>`)}</select>`;
    case "lines":
      if (f.rows) return html`<${Rows} part=${f.key} word=${label(f)} text=${value} set=${write} faults=${proposal.value?.answer.faults ?? []} placeholder=${f.usual} />`;
      return html`<textarea ...${common} rows=${Math.max(2, value.split("\n").length)} spellcheck=${false}></textarea>`;
    case "days": {
      const on = daysOf(value);
      const turn = (/** @type {number} */ d) => write(daysText(on.map((x, i) => (i === d ? !x : x))));
      return html`<span class="days" role="group" aria-label=${label(f)}>${on.map((x, d) => html`<button type="button" key=${d} class=${"btn" + (x ? " on" : "")} aria-pressed=${x} onClick=${() => turn(d)}>${code("weekday", String(d))}</button>`)}</span>`;
    }
    case "secret":
      return html`<input ...${common} type="password" autocomplete="new-password" placeholder=${isNew ? "" : t("admin.kept")} />`;
    case "id":
      return html`<input ...${common} required maxlength="64" autocomplete="off" spellcheck=${false} />`;
    case "levels":
      return html`<input ...${common} placeholder="claims 5; english 3" autocomplete="off" spellcheck=${false} />`;
    case "number":
      return html`<input ...${common} inputmode="numeric" autocomplete="off" />`;
  }
  return html`<input ...${common} autocomplete="off" spellcheck=${false} />`;
};

/**
 * The edits that the form asks for. @param {string} kind @param {any} row @param {string[]} parent
 */
function asked(kind, row, parent) {
  /** @type {any} */
  const patch = {};
  const part = row?.kind ?? (parent[parent.length - 1] === "entries" ? "entries" : kind);
  for (const f of fields[part]) {
    if (typed.value[f.key] === undefined) continue;
    const v = meant(f, typed.value[f.key], at(row?.value, f.key));
    if (v === undefined) continue;
    const keys = f.key.split(".");
    let m = patch;
    for (const k of keys.slice(0, -1)) m = m[k] ??= {};
    m[keys[keys.length - 1]] = v;
  }
  const { [part === "entries" ? "number" : "id"]: id, ...rest } = patch;
  if (part === "shifts") return [{ path: row ? row.path : [kind, String(inForce.value.file.shifts?.length ?? 0)], value: rest }];
  if (kind === "numbers") {
    const number = id ?? row?.id;
    const flow = rest.flow ?? row?.value.flow ?? "";
    if (row && id && id !== row.id) return [{ path: ["numbers", row.id], value: null }, { path: ["numbers", number], value: flow }];
    return [{ path: ["numbers", number], value: flow }];
  }
  return [{ path: row ? row.path : [...parent, id ?? ""], value: row && id ? { [part === "entries" ? "number" : "id"]: id, ...rest } : rest }];
}

/** @param {{ kind: string, rows: any[] }} p */
const Form = ({ kind, rows }) => {
  const isNew = chosen.value.startsWith("new");
  const row = rows.find((r) => r.path.join("/") === chosen.value);
  if (!isNew && !row) return html`<p class="m none">${t("admin.choose")}</p>`;
  const inside = isNew && chosen.value !== "new" ? chosen.value.slice(4).split("/") : null;
  const parent = inside ? [...inside, within[kind]] : [kind];
  const part = row?.kind ?? (inside && kind === "tables" ? "entries" : kind);
  const save = (/** @type {SubmitEvent} */ e) => {
    e.preventDefault();
    propose(asked(kind, row, parent), kind);
  };
  const remove = () => {
    if (!armed.value) return void (armed.value = true);
    armed.value = false;
    propose([{ path: row.path, value: null }], kind);
  };
  return html`<form class="form" onSubmit=${save} onKeyDown=${(/** @type {KeyboardEvent} */ e) => e.key === "Escape" && choose("")}>
    <h2>${isNew ? t("admin.new") : row.value.name ?? row.label ?? row.id}</h2>
    ${fields[part].map((f) => html`<${f.type === "days" || f.rows ? "div" : "label"} key=${f.key} class=${f.wide || f.type === "lines" ? "wide" : ""}>${!f.rows && label(f, part)}<${Input} f=${f} was=${at(row?.value, f.key)} isNew=${isNew} /><//>`)}
    <p class="acts">
      <button class=${proposal.value && !proposal.value.stale ? "btn" : "btn p"} disabled=${busy.value}>${t("admin.check")}</button>
      <button type="button" class="btn" onClick=${() => choose("")}>${t("admin.cancel")} <kbd>Esc</kbd></button>
      ${within[kind] && !isNew && part === kind && html`<button type="button" class="btn" onClick=${() => choose("new/" + row.path.join("/"))}>${t("admin.newWithin")}</button>`}
      <span class="sp"></span>
      ${!isNew && html`<button type="button" class=${armed.value ? "btn x" : "btn q"} onClick=${remove}>${armed.value ? t("admin.removeAgain") : t("admin.remove")}</button>`}
    </p>
    ${kind === "queues" && row && html`<p><a class="link" href=${"#flows/queues/" + row.id}>${t("admin.moreInText")}</a></p>`}
  </form>`;
};

/** Days in the words of the page. @param {boolean[]} on */
const dayWords = (on) => daysText(on).split(",").map((r) => r.split("-").map((d) => code("weekday", d)).join("–")).join(" ");

/** Opening hours as the list shows them; what is no such line stays as it is. @param {string} line */
function openWords(line) {
  const { days, times } = rowOf("open", line);
  return days.some((x) => x) ? `${dayWords(days)} ${times.map((x) => x.join("–")).join(" ")}` : line;
}

/** A value as the list shows it: those that are chosen by name, with the name. @param {Field} f @param {any} v */
function cell(f, v) {
  if (f.type === "days") return dayWords(daysOf(String(v ?? "")));
  if (f.rows && v !== undefined) return shown(f, v).split("\n").map((l) => (f.key === "open" ? openWords(l) : l)).join("; ");
  if (f.type === "choice" && typeof v === "string") return code("choice", v);
  if (f.type === "ref" && v !== undefined) return refs(f.of ?? "", inForce.value.file).find(([id]) => id === String(v))?.[1] ?? String(v);
  return shown(f, v);
}

/** @param {{ kind: string }} p */
export const Part = ({ kind }) => {
  const all = members(kind, inForce.value.file);
  const rows = all.filter((r) => !find.value || JSON.stringify([r.id, r.value]).toLowerCase().includes(find.value.toLowerCase()));
  const columns = fields[kind === "tables" ? "entries" : kind].filter((f) => f.column);
  return html`<div class="part">
    <div class="list" onKeyDown=${move}>
      <h2>${t("admin.members")} <span class="d">${num(all.length)}</span><span class="sp"></span>
        <input type="search" class="find" aria-label=${t("admin.find")} placeholder=${t("admin.find")} value=${find.value} onInput=${(/** @type {any} */ e) => (find.value = e.currentTarget.value)} />
        <button class="btn" id="new" onClick=${() => choose("new")}>${t("admin.new")}</button></h2>
      ${rows.length === 0
        ? html`<p class="m none">${t("admin.nothing")}</p>`
        : html`<table><thead><tr>${columns.map((f) => html`<th class=${f.type === "number" ? "n" : ""}>${label(f, kind)}</th>`)}</tr></thead>
            <tbody>${rows.slice(0, MOST).map((r) => {
              const path = r.path.join("/");
              return html`<tr key=${path} class=${path === chosen.value ? "on" : ""} onClick=${() => choose(path)}>
                ${(kind === "tables" && !r.kind ? columns.slice(0, 1) : columns).map((f, i) =>
                  i === 0
                    ? html`<th scope="row"><button class="pick" style=${{ paddingLeft: r.depth * 16 + "px" }} aria-pressed=${path === chosen.value}>${r.label ?? r.id}</button></th>`
                    : html`<td class=${(f.type === "number" ? "n" : "") + (f.wide ? " cut" : "")}>${cell(f, at(r.value, f.key)) || html`<span class="d">${DASH}</span>`}</td>`,
                )}${kind === "tables" && !r.kind && html`<td class="d" colspan=${columns.length - 1}>${t("admin.entries", { n: num(r.value.entries?.length ?? 0) })}</td>`}</tr>`;
            })}</tbody></table>
            ${rows.length > MOST && html`<p class="m none">${t("admin.andMore", { n: num(rows.length - MOST) })}</p>`}`}
    </div>
    <div class="edit"><${Form} key=${chosen.value} kind=${kind} rows=${all} /></div>
  </div>`;
};
