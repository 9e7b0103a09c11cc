// The codes of after-call work: the tree as the centre has it, and the words of a code.
import { signal } from "../shared/lib.js";
import { api } from "../shared/api.js";
import { plain } from "../shared/format.js";

/** @typedef {{ id: string, name: string, codes?: Code[] }} Code */

/** All codes of the centre, for the words of codes given before. @type {import("../shared/lib.js").Signal<Code[]>} */
const all = signal([]);

export const loadCodes = () => api("/wrap-up-codes").then((r) => (all.value = r.codes ?? []), () => {});

/** The way to a code: its group's, and itself last. @param {Code[]} tree @param {string} id @returns {Code[]} */
export function wayTo(tree, id) {
  for (const c of tree) {
    if (c.id === id) return [c];
    const below = wayTo(c.codes ?? [], id);
    if (below.length) return [c, ...below];
  }
  return [];
}

/** The words of codes. @param {string[] | undefined} ids */
export const codeWords = (ids) =>
  (ids ?? [])
    .map((id) => plain(wayTo(all.value, id).at(-1)?.name ?? id, 40))
    .join(", ");
