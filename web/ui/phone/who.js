// Who calls, as this login may see it.
import { signal } from "../shared/lib.js";
import { t } from "../shared/text.js";

/** Whether this login may see the numbers of who calls it. */
export const numbers = signal(false);

/** @param {{ number: string, name: string }} c */
export function who(c) {
  if (!c.number && !c.name) return t("phone.anonymous");
  if (numbers.value) return [c.name, c.number].filter(Boolean).join(" ");
  const n = [...c.number]; // masked as the engine does it everywhere else
  return n.length < 7 ? "****" : n.slice(0, 3).join("") + "****" + n.slice(-4).join("");
}
