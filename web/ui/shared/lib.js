// What every page is made with: Preact, signals and htm, brought together once.
import { h, render, Fragment } from "../vendor/preact/preact.module.js";
import { signal, computed, effect, batch } from "../vendor/signals/signals.module.js";
import htm from "../vendor/htm/htm.module.js";

/** @template T @typedef {import("../vendor/signals/signals.module.js").Signal<T>} Signal */

export const html = htm.bind(h);
export { h, render, Fragment, signal, computed, effect, batch };

/** The sprite stands in the page once it is read: glyphs that appear while the engine is away are drawn too. */
const sprite = signal("/ui/shared/glyphs.svg#");
{
  const read = new XMLHttpRequest(); // the browser itself makes the tree of a file of ours: no text becomes markup here
  read.open("GET", "/ui/shared/glyphs.svg");
  read.responseType = "document";
  read.onload = () => {
    const svg = read.responseXML?.documentElement;
    if (read.status !== 200 || !svg) return; // each glyph is asked for by itself then
    for (const s of svg.querySelectorAll("symbol")) s.id = "glyph-" + s.id;
    svg.setAttribute("aria-hidden", "true");
    /** @type {any} */ (svg).style.display = "none";
    document.documentElement.append(document.adoptNode(svg));
    sprite.value = "#glyph-";
  };
  read.send();
}

/**
 * A glyph of the sprite. Decoration: the word stands beside it, or a title is given.
 * @param {{ name: string, title?: string }} p
 */
export const Glyph = ({ name, title }) => html`<svg class=${"gl gl-" + name} role=${title ? "img" : "presentation"} aria-label=${title} aria-hidden=${title ? undefined : "true"}>
  <use href=${sprite.value + name} />
</svg>`;
