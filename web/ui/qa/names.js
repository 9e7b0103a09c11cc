// The names of queues and agents by their ids.
import { signal } from "../shared/lib.js";

const queues = signal(/** @type {{ id: string, name: string }[]} */ ([]));
const agents = signal(/** @type {{ id: string, name: string }[]} */ ([]));

/** @param {{ id: string, name: string }[]} list @param {string | undefined} id */
const find = (list, id) => list.find((x) => x.id === id)?.name;

export const names = {
  queues,
  agents,
  /** @param {any} view */
  take(view) {
    queues.value = view.queues;
    agents.value = view.agents;
  },
  /** @param {string | undefined} id */
  queue: (id) => find(queues.value, id) ?? id ?? "",
  /** A name with the number: there may be two of one name. @param {string | undefined} id */
  agent(id) {
    const name = find(agents.value, id);
    return name && name !== id ? `${name} ${id}` : (id ?? "");
  },
};
