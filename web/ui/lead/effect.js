// What a break would do to the service level of the queues that the agent serves.
import { html } from "../shared/lib.js";
import { useEffect, useState } from "../vendor/preact/hooks.module.js";
import { t } from "../shared/text.js";
import { api } from "../shared/api.js";
import { pct } from "../shared/format.js";

/** The queue that suffers most, first. @param {{ agent: string, on: string }} p */
export const Effect = ({ agent, on }) => {
  const [list, put] = useState(/** @type {any[] | null} */ (null));
  useEffect(() => {
    const gone = new AbortController();
    api(`/agents/${encodeURIComponent(agent)}/break/effect`, { signal: gone.signal }).then(
      (x) => put(x.items),
      () => {}, // without it the lead decides as before
    );
    return () => gone.abort();
  }, [agent, on]);
  if (!list) return null;
  if (list.length === 0) return html`<p class="d">${t("lead.noEffect")}</p>`;
  const worst = [...list].sort((a, b) => b.now - b.without - (a.now - a.without)).slice(0, 3);
  return html`${worst.map(
    (q) => html`<p key=${q.queue} class=${q.without < q.target.ratio ? "warn" : "d"}>${t("lead.effect", { queue: q.name, now: pct(q.now, 0), without: pct(q.without, 0) })}</p>`,
  )}`;
};
