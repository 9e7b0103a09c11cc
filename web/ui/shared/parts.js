// Parts that show a fact the same way on every page.
import { html, Glyph } from "./lib.js";
import { t, code } from "./text.js";
import { clock } from "./format.js";
import { view, stale, stoppedAt, tries } from "./live.js";

const glyphs = { reserved: "ringing", consulting: "talking", conference: "talking", outbound: "talking", unknown: "signed_out" };

/**
 * A state: glyph and word. Over time takes the place of the state it grew from and names it.
 * @param {{ state: string, over?: boolean, word?: string, children?: any }} p
 */
export const State = ({ state, over, word, children }) => {
  const look = over ? "over" : state;
  return html`<span class=${"st st-" + look}><${Glyph} name=${/** @type {Record<string, string>} */ (glyphs)[look] ?? look} />${word ?? code("state", state)}${children}</span>`;
};

/** A severity by shape and colour; fine is an empty place. @param {{ level: string }} p */
export const Sev = ({ level }) => html`<span class=${"sev " + level}>${level && html`<${Glyph} name=${level} title=${code("sev", level)} />`}</span>`;

/**
 * A ratio as a bar against its target.
 * @param {{ ratio: number | null | undefined, target: number | undefined, level: string }} p
 */
export const Bullet = ({ ratio, target, level }) => html`<span class=${"bul " + level} aria-hidden="true">
  <i style=${{ width: Math.min(100, (ratio ?? 0) * 100) + "%" }}></i>${target !== undefined && html`<b style=${{ left: `calc(${target * 100}% - 1px)` }}></b>`}
</span>`;

/** Whether the page is live. */
export const Fresh = () => {
  if (!stale.value) return html`<span class="fresh" role="status"><i></i>${view.value ? t("live.fresh") : t("live.loading")}</span>`;
  return html`<span class="fresh stale" role="alert"
    ><i></i>${view.value ? t("live.stale", { time: clock(stoppedAt.value) }) : t("error.unreachable")}${tries.value > 0 && html`<small>${t("live.retry", { n: tries.value })}</small>`}</span
  >`;
};
