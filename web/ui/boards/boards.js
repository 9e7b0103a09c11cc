// The boards of the screens: built from tiles by the shift lead.
import { html, render } from "../shared/lib.js";
import { enter, Head } from "../shared/shell.js";

render(html`<${Head} />`, document.body);
await enter();
