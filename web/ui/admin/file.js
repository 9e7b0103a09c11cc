// The centre's file as the pages hold it, what is proposed to change of it, and how that went.
import { signal } from "../shared/lib.js";
import { t } from "../shared/text.js";
import { api, Problem } from "../shared/api.js";
import { may } from "../shared/shell.js";

/** The file in force: { sha256, source, file }. @type {import("../shared/lib.js").Signal<any>} */
export const inForce = signal({ sha256: "", source: "", file: {} });
export const loaded = signal(false);
export const problem = signal("");

/**
 * What is proposed and what the engine says to it: { faults, changes, … } and how to publish it.
 * `stale`: it is being changed further, `go`: leads to the place of a fault, `back`: takes back more than the proposal.
 * @type {import("../shared/lib.js").Signal<{ answer: any, publish: (note: string) => Promise<any>, from: string, stale?: boolean, go?: (fault: any) => void, back?: () => void } | null>}
 */
export const proposal = signal(null);
/** How the last act went. */
export const said = signal({ text: "", bad: false });
export const busy = signal(false);

/** @param {unknown} e */
export function words(e) {
  const p = e instanceof Problem ? e : new Problem(0, "");
  if (p.status === 403) return t("admin.forbidden");
  return p.message || t("error.unreachable");
}

/** Reads the file, and what else is given. @param {(() => Promise<any>)[]} more */
export async function load(...more) {
  problem.value = "";
  try {
    const source = async () => {
      if (may("edit_centre")) inForce.value = await api("/centre/source");
    };
    await Promise.all([source(), ...more.map((f) => f())]);
    loaded.value = true;
  } catch (e) {
    problem.value = words(e);
  }
}

/** Takes back what is proposed. */
export function drop() {
  proposal.value = null;
  said.value = { text: "", bad: false };
}

/** Does something and tells how it went. @template T @param {() => Promise<T>} act @returns {Promise<T | undefined>} */
export async function attempt(act) {
  busy.value = true;
  said.value = { text: "", bad: false };
  try {
    return await act();
  } catch (e) {
    said.value = { text: words(e), bad: true };
    return undefined;
  } finally {
    busy.value = false;
  }
}

/**
 * Asks what edits would do. @param {{ path: string[], value: unknown }[]} edits @param {string} from @param {{ go?: (fault: any) => void, back?: () => void }} [more]
 */
export async function propose(edits, from, more = {}) {
  const base = inForce.value.sha256;
  const answer = await attempt(() => api("/centre/edits", { body: { base, edits } }));
  if (answer) proposal.value = { answer, from, ...more, publish: (note) => api("/centre/edits", { body: { base, edits, publish: true, note } }) };
  return answer;
}

/** Asks what a whole file would do. @param {string} source */
export async function proposeText(source) {
  const base = inForce.value.sha256;
  const answer = await attempt(() => api("/centre/check", { body: { source } }));
  if (answer) proposal.value = { answer, from: "text", publish: (note) => api("/centre/publish", { body: { base, source, note } }) };
  return answer;
}

/** Puts in force what is proposed. @param {string} note */
export async function publish(note) {
  const p = proposal.value;
  if (!p) return;
  const answer = await attempt(() => p.publish(note));
  if (!answer?.done) return;
  await attempt(async () => void (inForce.value = await api("/centre/source")));
  proposal.value = null;
  said.value = { text: t("admin.published", { n: answer.changes.length }), bad: false };
}
