// What every page is made with: Preact, signals and htm, brought together once.
import { h, render, Fragment } from "../vendor/preact/preact.module.js";
import { signal, computed, effect, batch } from "../vendor/signals/signals.module.js";
import htm from "../vendor/htm/htm.module.js";

/** @template T @typedef {import("../vendor/signals/signals.module.js").Signal<T>} Signal */

export const html = htm.bind(h);
export { h, render, Fragment, signal, computed, effect, batch };

/**
 * A glyph of the sprite. Decoration: the word stands beside it, or a title is given.
 * @param {{ name: string, title?: string }} p
 */
export const Glyph = ({ name, title }) => html`<svg class=${"gl gl-" + name} role=${title ? "img" : "presentation"} aria-label=${title} aria-hidden=${title ? undefined : "true"}>
  <use href=${"/ui/shared/glyphs.svg#" + name} />
</svg>`;
