// What stands beside the tree: the fields of the chosen step or rule, and the kinds of which a new step is chosen.
import { html, signal, effect, Glyph } from "../shared/lib.js";
import { t, code } from "../shared/text.js";
import { groups, stepFields, fresh, kindOf, bodyOf, withBody, read, write, writeList, waysOf, listOf } from "./steps.js";
import { ruleOf } from "./rules.js";
import { Input, prompts } from "./inputs.js";
import { attributes } from "./condition.js";
import { doc, chosen, root, file, dialogues, change, insert, remove, shift, copied, faultsAt } from "./flowdraft.js";
import { adding, summary, focusRow } from "./flowtree.js";

/** @typedef {import("./steps.js").Path} Path */
/** @typedef {import("./inputs.js").Field} Field */

/** A step that was just put in gets the cursor in its first field. */
const toFields = signal(false);
effect(() => {
  if (!toFields.value) return;
  requestAnimationFrame(() => {
    toFields.value = false;
    /** @type {HTMLElement | null} */ (document.querySelector(".stepform .inp input,.stepform .inp select,.stepform .inp button"))?.focus();
  });
});

/** The kinds of steps to choose from. */
export const Kinds = () => {
  const at = adding.value;
  if (!at) return null;
  const put = (/** @type {any} */ step) => {
    adding.value = null;
    insert(at.list, at.index, step);
    toFields.value = true;
  };
  const inChoice = doc.value.startsWith("queues/") && at.list[0] === "choice";
  const all = inChoice ? [{ id: "send", kinds: ["stay", ...groups[3].kinds] }, ...groups.filter((g) => g.id !== "send")] : groups;
  const key = (/** @type {KeyboardEvent} */ e) => {
    const list = [.../** @type {HTMLElement} */ (e.currentTarget).querySelectorAll("button.kindof")];
    const i = list.indexOf(/** @type {Element} */ (document.activeElement));
    if (e.key === "Escape") (adding.value = null), focusRow();
    else if (e.key === "ArrowDown") /** @type {any} */ (list[Math.min(i + 1, list.length - 1)])?.focus();
    else if (e.key === "ArrowUp") /** @type {any} */ (list[Math.max(i - 1, 0)])?.focus();
    else return;
    e.preventDefault();
  };
  return html`<div class="stepform kinds" onKeyDown=${key} ref=${(/** @type {HTMLElement | null} */ el) => el && !el.contains(document.activeElement) && /** @type {HTMLElement | null} */ (el.querySelector("button.kindof"))?.focus()}>
    <h2>${t("flow.whichStep")}<span class="sp"></span><button type="button" class="btn q" onClick=${() => ((adding.value = null), focusRow())}>${t("admin.cancel")} <kbd>Esc</kbd></button></h2>
    ${copied.value && html`<button type="button" class="kindof" onClick=${() => put(copied.value)}><b>${t("flow.paste")}</b><span>${code("step", kindOf(copied.value))} ${summary(copied.value)}</span></button>`}
    ${all.map((g) => html`<h3 key=${g.id}>${code("steps", g.id)}</h3>${g.kinds.map((k) => html`<button type="button" class="kindof" key=${k} onClick=${() => put(fresh(k, file.value))}><b>${code("step", k)}</b><span>${code("stepHint", k)}</span></button>`)}`)}
  </div>`;
};

/** @param {{ all: any[] }} p */
const Wrong = ({ all }) => (all.length ? html`<ul class="faults">${all.map((f) => html`<li class="crit"><${Glyph} name="crit" /> ${f.problem}${f.want && html`<span class="m"> — ${f.want}</span>`}</li>`)}</ul>` : null);

/** @param {{ body: any, fields: Field[], path: Path, of: string, put: (body: any, what: string) => void }} p */
const Fields = ({ body, fields, path, of, put }) => html`${fields.map((f) => {
  const value = f.key === "" ? (typeof body === "object" && !Array.isArray(body) && f.type !== "said" ? undefined : body) : body?.[f.key];
  const set = (/** @type {any} */ v) => {
    if (f.key === "") return put(v ?? "", of);
    const next = { ...body };
    if (v === undefined) delete next[f.key];
    else next[f.key] = v;
    put(next, of + "." + f.key);
  };
  return html`<${Input} key=${JSON.stringify(path) + f.key} id=${"in-" + [...path, f.key || "value"].join("-")} of=${f.key ? `${of}_${f.key}` : of} f=${f} value=${value} set=${set} file=${file.value} />`;
})}`;

/** @param {{ path: Path, step: any }} p */
const StepForm = ({ path, step }) => {
  const kind = kindOf(step);
  const body = bodyOf(step);
  const list = path.slice(0, -1);
  const index = Number(path[path.length - 1]);
  const count = listOf(read(root.value, list)).length;
  const put = (/** @type {any} */ b, /** @type {string} */ what) => change(doc.value, write(root.value, path, withBody(step, b)), what);
  const key = (/** @type {KeyboardEvent} */ e) => {
    if (e.key !== "Escape") return;
    e.preventDefault();
    focusRow();
  };
  return html`<div class="stepform" onKeyDown=${key}>
    <h2>${code("step", kind)} <span class="d">${code("stepHint", kind)}</span></h2>
    <${Wrong} all=${faultsAt(path, waysOf(step, path).map((w) => w.path))} />
    <div class="fields"><${Fields} body=${body} fields=${stepFields[kind] ?? []} path=${path} of=${kind} put=${put} /></div>
    ${kind === "flow" && typeof body === "string" && dialogues()[body] && html`<p><a class="link" href=${"#flows/flows/" + body}>${t("flow.goThere", { name: body })}</a></p>`}
    ${kind === "queue" && html`<p><a class="link" href=${"#flows/queues/" + body.id}>${t("flow.rulesOf")}</a></p>`}
    <p class="acts">
      <button type="button" class="btn" onClick=${() => (adding.value = { list, index: index + 1 })}>+ ${t("flow.addAfter")} <kbd>Ins</kbd></button>
      <button type="button" class="btn" disabled=${index === 0} onClick=${() => shift(path, -1)}>${t("flow.up")} <kbd>Alt ↑</kbd></button>
      <button type="button" class="btn" disabled=${index >= count - 1} onClick=${() => shift(path, 1)}>${t("flow.down")} <kbd>Alt ↓</kbd></button>
      <button type="button" class="btn" onClick=${() => (copied.value = step)}>${t("flow.copy")} <kbd>Ctrl C</kbd></button>
      <button type="button" class="btn" onClick=${() => (remove(path), focusRow())}>${t("admin.remove")} <kbd>Del</kbd></button>
    </p>
  </div>`;
};

/** A way on: what it means, what it begins with. @param {{ path: Path }} p */
const WayForm = ({ path }) => {
  const key = path[path.length - 2] === "keys" ? String(path[path.length - 1]) : "";
  const inside = listOf(read(root.value, path));
  const away = () => {
    change(doc.value, write(root.value, path, undefined));
    chosen.value = path.slice(0, -3);
    focusRow();
  };
  return html`<div class="stepform">
    <h2>${key ? t("flow.ifKey", { key }) : t("flow.way")}</h2>
    <p class="d">${t(key ? "flow.keyHint" : "flow.wayHint")}</p>
    <${Wrong} all=${faultsAt(path, inside.map((_, i) => [...path, i]))} />
    <p class="acts"><button type="button" class="btn p" onClick=${() => (adding.value = { list: path, index: 0 })}>+ ${t("flow.addFirst")}</button>
      ${copied.value && html`<button type="button" class="btn" onClick=${() => insert(path, 0, copied.value)}>${t("flow.paste")} <kbd>Ctrl V</kbd></button>`}
      ${key && html`<button type="button" class="btn q" onClick=${away}>${t("flow.keyAway", { key })}</button>`}
      ${!key && inside.length > 0 && html`<button type="button" class="btn q" onClick=${() => change(doc.value, writeList(root.value, path, []))}>${t("flow.wayAway")}</button>`}</p>
  </div>`;
};

/** @param {{ id: string }} p */
const RuleForm = ({ id }) => {
  const rule = ruleOf(id);
  if (!rule) return null;
  const value = root.value?.[id];
  const put = (/** @type {any} */ v, /** @type {string} */ what) => change(doc.value, write(root.value, [id], v), what);
  const begin = () => {
    put(id === "survey" ? { flow: Object.keys(dialogues())[0] ?? "" } : rule.many ? [rule.fresh] : rule.fresh, "");
    toFields.value = true;
  };
  const away = () => put(undefined, "");
  const each = rule.many ? listOf(value) : [];
  const ways = (rule.ways ?? []).map((w) => [id, w]);
  return html`<div class="stepform">
    <h2>${code("rule", id)}</h2>
    <p class="d">${code("ruleHint", id)}</p>
    <${Wrong} all=${faultsAt([id], id === "choice" ? Object.keys(value?.keys ?? {}).map((k) => [id, "keys", k]) : ways)} />
    ${value !== undefined && !rule.many && html`<div class="fields"><${Fields} body=${value} fields=${rule.fields} path=${[id]} of=${id} put=${put} /></div>`}
    ${each.map((one, i) => html`<div class="fields one" key=${i}><${Fields} body=${one} fields=${rule.fields} path=${[id, i]} of=${id} put=${(/** @type {any} */ b) => put(each.map((x, k) => (k === i ? b : x)), id + i)} />
      <p class="acts wide"><button type="button" class="btn q" onClick=${() => put(each.length > 1 ? each.filter((_, k) => k !== i) : undefined, "")}>${t("admin.remove")}</button></p></div>`)}
    <p class="acts">
      ${value === undefined && html`<button type="button" class="btn p" onClick=${begin}>+ ${t("flow.addRule")}</button>`}
      ${rule.many && each.length > 0 && html`<button type="button" class="btn" onClick=${() => put([...each, { ...rule.fresh, after: each[each.length - 1].after }], "")}>+ ${t("flow.addStage")}</button>`}
      ${value !== undefined && html`<button type="button" class="btn q" onClick=${away}>${t("flow.noRuleNow")}</button>`}
    </p>
  </div>`;
};

/** What belongs to the chosen row. */
export const Beside = () => {
  const path = chosen.value;
  const lists = html`<datalist id="prompts">${[...new Set(prompts.value.map((p) => p.name))].map((n) => html`<option key=${n} value=${n}>${code("prompt", n)}</option>`)}</datalist>
    <datalist id="attributes">${attributes(file.value, Object.values(dialogues())).map((n) => html`<option key=${n} value=${n}></option>`)}</datalist>`;
  let body = html`<p class="m none">${t("flow.choose")}</p>`;
  const there = read(root.value, path);
  if (adding.value) body = html`<${Kinds} />`;
  else if (!path.length) body = html`<p class="m none">${t("flow.choose")}</p>`;
  else if (typeof path[path.length - 1] === "number") body = there === undefined ? body : html`<${StepForm} key=${JSON.stringify(path) + kindOf(there)} path=${path} step=${there} />`;
  else if (path.length === 1 && doc.value.startsWith("queues/")) body = html`<${RuleForm} key=${path[0]} id=${String(path[0])} />`;
  else body = html`<${WayForm} key=${JSON.stringify(path)} path=${path} />`;
  return html`${body}${lists}`;
};
