// Wrap-up codes by their ids, with the groups they stand in.
import { signal } from "./lib.js";
import { api } from "./api.js";
import { plain } from "./format.js";

/** @typedef {{ id: string, name: string, codes?: Code[] }} Code */
/** @typedef {{ id: string, name: string, depth: number, leaf: boolean, path: string }} Flat */

/** The whole tree from top to bottom; empty until it is loaded, or where the centre has no codes. */
export const codes = signal(/** @type {Flat[]} */ ([]));

/** @param {Code[]} tree @param {string[]} above @returns {Flat[]} */
export const flat = (tree, above = []) =>
  tree.flatMap((c) => {
    const path = [...above, c.name];
    return [{ id: c.id, name: c.name, depth: above.length, leaf: !c.codes?.length, path: path.join(" / ") }, ...flat(c.codes ?? [], path)];
  });

/** Asks for the tree; without it ids stand in the place of names. */
export const loadCodes = () => api("/wrap-up-codes").then((r) => (codes.value = flat(r.codes ?? [])), () => {});

/** A code in words; its id where the centre does not have it any more. @param {string} id */
export const codePath = (id) => codes.value.find((c) => c.id === id)?.path ?? id;

/** The names of codes, for a line. @param {string[] | undefined} ids */
export const codeWords = (ids) => (ids ?? []).map((id) => plain(codes.value.find((c) => c.id === id)?.name ?? id, 40)).join(", ");

/** The way to a code: its group's, and itself last. @param {Code[]} tree @param {string} id @returns {Code[]} */
export function wayTo(tree, id) {
  for (const c of tree) {
    if (c.id === id) return [c];
    const below = wayTo(c.codes ?? [], id);
    if (below.length) return [c, ...below];
  }
  return [];
}
