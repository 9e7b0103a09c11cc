// Why an agent was chosen, in words.
import { t, code } from "../shared/text.js";
import { dur, num, pct } from "../shared/format.js";

/** @typedef {{ rule: string, figure?: number, ready?: number, line?: number, level?: number }} Pick */

/** The figure that a rule goes by. @type {Record<string, (figure: number) => string>} */
const figures = {
  longest_idle: (f) => t("pickBy.idle", { d: dur(f * 1000) }),
  least_talk: (f) => t("pickBy.talked", { d: dur(f * 1000) }),
  fewest_calls: (f) => t("pickBy.calls", { n: num(f) }),
  least_flexible: (f) => t("pickBy.queues", { n: num(f) }),
  least_occupied: (f) => t("pickBy.occupied", { p: pct(f) }),
  weighted: (f) => t("pickBy.weight", { n: f.toFixed(3) }),
};
const PULLED = "pulled by ";

/** Of an old record only its own sentence is known. @param {{ why?: string, pick?: Pick }} o */
export function chosen({ why, pick }) {
  if (!pick?.rule) return why ?? "";
  const alone = ["free", "preferred", "pulled", "callback"].includes(pick.rule);
  return [
    code("pick", pick.rule),
    figures[pick.rule]?.(pick.figure ?? 0),
    pick.line && t("pickBy.line", { n: num(pick.line) }),
    !alone && pick.ready && t("pickBy.ready", { n: num(pick.ready) }),
    pick.level && t("pickBy.relaxed", { n: num(pick.level) }),
    pick.rule === "pulled" && why?.startsWith(PULLED) && t("qa.doneBy", { who: why.slice(PULLED.length) }),
  ]
    .filter(Boolean)
    .join("\u2002");
}
