// A queue's own definition of its service level, in words.
import { t, code } from "./text.js";

/** What is not as usual in it. @param {any} d */
const odd = (d) => [d.abandons !== "all" && code("abandons", d.abandons), d.flowouts === "exclude" && t("reports.noFlowOuts"), d.blocked === "include" && t("reports.withBlocked"), d.positive && t("reports.positive"), d.wait_clock === "first_request" && t("reports.fromFirst")].filter((x) => x);

/** What is not as usual in it; empty: nothing. @param {any} d */
export const oddRules = (d) => (d ? odd(d).join(" · ") : "");

/** All of it: its target, its short time, and what is not as usual. @param {any} d */
export const levelRules = (d) => (d ? [`≤ ${d.within_ms / 1000} s`, d.ratio > 0 && `≥ ${Math.round(d.ratio * 1000) / 10} %`, d.short_ms > 0 && `S ${d.short_ms / 1000} s`, ...odd(d)].filter((x) => x).join(" · ") : "");
