// Names that the live view gives as ids: the centre's reasons for not ready.
import { signal } from "../shared/lib.js";
import { code } from "../shared/text.js";
import { api } from "../shared/api.js";

/** @type {import("../shared/lib.js").Signal<Record<string, string>>} */
const reasons = signal({});

/** Loads the centre's reasons; without them their ids are shown. */
export async function loadReasons() {
  const list = await api("/reasons");
  reasons.value = Object.fromEntries(list.map((/** @type {any} */ r) => [r.id, r.name]));
}

/** The words of a reason or a state. @param {string} id */
export const reasonWord = (id) => {
  const own = reasons.value[id];
  if (own) return own;
  const word = code("reason", id);
  return word === id ? code("state", id) : word;
};
