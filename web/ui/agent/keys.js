// The keys of the desk. In a field single keys are text; function keys and Alt still act.
import { own, inCall } from "./desk.js";
import { stale } from "../shared/live.js";
import { reasons } from "../shared/reasons.js";
import { ready, notReady, signOut } from "./state.js";
import { signIn } from "./signin.js";
import { standing, answer, decline } from "./call.js";
import { pressed, open, may } from "./controls.js";
import { finish, extend, digit } from "./wrapup.js";
import { raiseHand } from "./top.js";
import { markRead } from "./todo.js";
import { openCustomer } from "./customer.js";
import { sheet } from "./sheet.js";
import { singleKeys } from "./help.js";
import { disarm, armed } from "./twice.js";

/** @param {string} id */
const focus = (id) => {
  const el = document.getElementById(id);
  const to = el?.querySelector("button.sel2, button.sel, button:not([disabled]), a") ?? el;
  /** @type {HTMLElement | null} */ (to)?.focus();
};

/** F3 was pressed: the next digit is a reason. */
let forReason = 0;

/** @type {Record<string, () => void>} by e.key */
const always = {
  F2: () => (own.value.state === "signed_out" ? signIn() : own.value.state === "wrap_up" ? finish() : ready()),
  F3: () => {
    forReason = Date.now() + 4000;
    focus("why");
  },
  F8: () => own.value.state !== "signed_out" && signOut(),
  F9: raiseHand,
};

/** @type {Record<string, () => void>} by e.code, with Alt */
const withAlt = {
  KeyW: () => focus("codes"),
  KeyN: () => (sheet.value = "task"),
  KeyB: () => (sheet.value = "callback"),
  KeyH: () => focus("hist"),
  KeyT: () => focus("tasks"),
  KeyR: () => focus("notices"),
  KeyU: openCustomer,
};

/** @param {string} key */
function escape(key) {
  if (open.value) return void (open.value = "");
  if (standing() === "ringing") return void (may("hangup") && decline());
  if (inCall.value) pressed(key.slice(0, 3));
  else if (armed.value) disarm();
}

/** A digit: a reason after F3, else a code of the tree. @param {number} n @returns {boolean} */
function number(n) {
  if (forReason > Date.now() || document.activeElement?.closest("#why")) {
    forReason = 0;
    const r = reasons.value[n - 1];
    if (r && own.value.state !== "signed_out") notReady(r.id);
    return !!r;
  }
  if (!document.activeElement?.closest("#codes") && own.value.state !== "wrap_up") return false;
  digit(n);
  return true;
}

/** @param {string} key @returns {boolean} */
function single(key) {
  if (/^[1-9]$/.test(key)) return number(+key);
  if (key === "/") sheet.value = "search";
  else if (key === "?") sheet.value = "keys";
  else if (key === "+" && own.value.state === "wrap_up") extend();
  else if (!singleKeys.value) return false;
  else if (/^[hmstcfkx]$/i.test(key) && inCall.value) return pressed(key);
  else if (/^d$/i.test(key)) document.getElementById("dial")?.focus();
  else if (/^r$/i.test(key)) markRead();
  else return false;
  return true;
}

/** @param {KeyboardEvent} e */
export function onKey(e) {
  if (e.repeat || e.metaKey || e.isComposing || !own.value || stale.value) return;
  if (sheet.value && document.querySelector("dialog[open]")) return; // the sheet has the keyboard, until it closes: its event comes a little later
  const at = /** @type {HTMLElement} */ (e.target);
  const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(at.tagName) && /** @type {HTMLInputElement} */ (at).type !== "radio";
  if (e.altKey && !e.ctrlKey) {
    const n = /^Digit([1-9])$/.exec(e.code)?.[1];
    const r = n && reasons.value[+n - 1];
    if (r && own.value.state !== "signed_out") notReady(r.id);
    else if (withAlt[e.code]) withAlt[e.code]();
    else return;
  } else if (e.ctrlKey) {
    if (e.key !== "Enter" || own.value.state !== "wrap_up") return;
    finish();
  } else if (always[e.key]) always[e.key]();
  else if (e.key === "Escape" && typing) at.blur();
  else if (typing) return;
  else if (e.key === "Escape") escape("Esc");
  else if (e.key === "Enter" && standing() === "ringing" && !at.closest("button")) answer();
  else if (!single(e.key)) return;
  e.preventDefault();
}
