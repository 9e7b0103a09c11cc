// Who calls, as this login may see it.
import { t } from "../shared/text.js";
import { may } from "../shared/shell.js";

/** @param {{ number: string, name: string }} c */
export function who(c) {
  if (!c.number && !c.name) return t("phone.anonymous");
  if (may("see_numbers")) return [c.name, c.number].filter(Boolean).join(" ");
  const n = [...c.number]; // masked as the engine does it everywhere else
  return n.length < 7 ? "****" : n.slice(0, 3).join("") + "****" + n.slice(-4).join("");
}
