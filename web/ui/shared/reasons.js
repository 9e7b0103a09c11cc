// Names that the live view gives as ids: the centre's reasons for not ready.
import { signal } from "./lib.js";
import { code } from "./text.js";
import { api } from "./api.js";

/** The centre's reasons, in the order of their keys. @type {import("./lib.js").Signal<{ id: string, name: string, allowance_ms: number, max_at_once: number, approve: boolean }[]>} */
export const reasons = signal([]);

/** Loads the centre's reasons; without them their ids are shown. */
export async function loadReasons() {
  reasons.value = await api("/reasons");
}

/** The words of a reason or a state. @param {string} id */
export const reasonWord = (id) => {
  const own = reasons.value.find((r) => r.id === id)?.name;
  if (own) return own;
  const word = code("reason", id);
  return word === id ? code("state", id) : word;
};
