// Why a caller waits, or why an agent gets no call: one sentence of the engine's, in the reader's language.
import { html } from "../shared/lib.js";
import { useEffect, useState } from "../vendor/preact/hooks.module.js";
import { lang } from "../shared/text.js";
import { api } from "../shared/api.js";

/**
 * The sentence for what is open. It is asked for again when what it rests on has changed.
 * @param {{ path: string, on: string }} p
 */
export const Why = ({ path, on }) => {
  const [said, say] = useState("");
  const language = lang.value;
  useEffect(() => {
    const gone = new AbortController();
    api(path + "/explain", { signal: gone.signal }).then(
      (x) => say(x.sentence?.[language] ?? ""),
      () => gone.signal.aborted || say(""), // without a sentence the page is none the worse
    );
    return () => gone.abort();
  }, [path, on, language]);
  return said ? html`<p class="why m" aria-live="polite">${said}</p>` : null;
};
