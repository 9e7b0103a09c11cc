// What stands above a view on paper: what it is, of when, as of when, by which rules.
import { html } from "../shared/lib.js";
import { t, code } from "../shared/text.js";
import { dayTime, zone } from "../shared/format.js";
import { names } from "../qa/names.js";
import { me } from "../shared/shell.js";
import { asked, stand } from "./source.js";

export const Printed = () => {
  const a = asked.value;
  const s = stand.value;
  const about = [
    a.queue && names.queue(a.queue), a.team, a.agent && names.agent(a.agent), `${t("reports.by")} ${code("by", a.by)}`, `${t("reports.def")} ${code("def", a.def)}`,
    a.compare && `${t("reports.compare")} ${code("compare", a.compare)}`,
  ];
  return html`<div class="printed"><p class="t">${code("view", a.view)}</p>
    <p>${a.from === a.to ? a.from : `${a.from} – ${a.to}`} · ${zone.value} · ${s && t("reports.asOf", { at: dayTime(s.asOf) })} · ${me.value?.user}</p>
    <p>${about.filter((x) => x).join(" · ")}</p></div>`;
};
