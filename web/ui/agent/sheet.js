// What lies over the desk for a moment: one sheet at a time, closed by Escape, the focus goes back where it was.
import { html, signal } from "../shared/lib.js";
import { t } from "../shared/text.js";

/** Which one is open: "", keys, search, task, callback, customer, phone. */
export const sheet = signal("");

export const close = () => (sheet.value = "");

/** A sheet that another has replaced says late that it is closed: that is not the other one's end. @param {any} e */
const closed = (e) => e.currentTarget.isConnected && close();

/** @param {HTMLDialogElement | null} el */
const open = (el) => {
  if (el && !el.open) el.showModal();
};

/** @param {{ title: string, children?: any, wide?: boolean }} p */
export const Sheet = ({ title, children, wide }) => html`<dialog class=${wide ? "sheet wide" : "sheet"} aria-label=${title} ref=${open} onClose=${closed} onClick=${(/** @type {any} */ e) => e.target === e.currentTarget && close()}>
  <div class="in">
    <h2 class="h">${title}<span class="sp"></span><button type="button" class="btn q" onClick=${close}>${t("sheet.close")}<kbd>Esc</kbd></button></h2>
    ${children}
  </div>
</dialog>`;
