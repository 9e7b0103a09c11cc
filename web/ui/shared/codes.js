// Wrap-up codes by their ids, with the groups they stand in.
import { signal } from "./lib.js";
import { api } from "./api.js";

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
export const loadCodes = () => api("/wrap-up-codes").then((r) => (codes.value = flat(r.codes)), () => {});

/** A code in words; its id where the centre does not have it any more. @param {string} id */
export const codePath = (id) => codes.value.find((c) => c.id === id)?.path ?? id;
