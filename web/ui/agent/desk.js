// What the desk knows, all of it from the engine: the live view says that something has changed, the rest is asked for then.
import { signal, computed, effect, batch } from "../shared/lib.js";
import { t } from "../shared/text.js";
import { api, newKey, Problem } from "../shared/api.js";
import { view, stale } from "../shared/live.js";
import { me } from "../shared/shell.js";
import { turns } from "../shared/turns.js";

/** @template T @typedef {import("../shared/lib.js").Signal<T>} Signal */
/** @typedef {{ leg: string, role: string, agent?: string, name?: string, number?: string, state: string, muted?: boolean }} Party */
/** @typedef {{ call: string, contact: string, queue?: string, direction: string, state: string, muted: boolean, since: string, parties: Party[], can: string[] }} Call */

/** The agent of this login in the live view. */
export const own = computed(() => view.value?.agents.find((/** @type {any} */ a) => a.id === me.value?.agent));
/** The call of the live view that it is in. */
export const live = computed(() => view.value?.calls.find((/** @type {any} */ c) => c.id === own.value?.call));

/** @type {Signal<Call[]>} */ export const calls = signal([]);
/** What is known of the customer; null: nobody is there. @type {Signal<any>} */ export const card = signal(null);
/** @type {Signal<any>} */ export const today = signal(null);
/** @type {Signal<any>} */ export const day = signal(null);
/** @type {Signal<string[]>} */ export const serves = signal([]);
/** @type {Signal<any[] | null>} */ export const tasks = signal(null);
/** @type {Signal<any[] | null>} */ export const notices = signal(null);
/** @type {Signal<any[] | null>} */ export const missed = signal(null);

/** The call that the controls act on. */
export const call = computed(() => calls.value.find((c) => c.call === own.value?.call) ?? calls.value[0]);

export const busy = signal(false);
/** Nothing can be asked now: something is under way, or the engine is not heard. */
export const off = computed(() => busy.value || stale.value);
/** What is being asked, so that it is not asked twice. */
let underWay = "";
/** Why the last act was refused. */
export const problem = signal("");

const agentPath = () => `/agents/${encodeURIComponent(me.peek()?.agent ?? "")}`;

/** Ends when nothing is under way. */
export const free = turns(busy);

/**
 * Asks the engine for something; what comes of it comes back with the live view.
 * @param {string} path of the API @param {{ method?: string, body?: object, once?: boolean }} [o]
 * @returns {Promise<any>} undefined: refused, and `problem` says why
 */
export async function act(path, o = {}) {
  const what = path + JSON.stringify(o);
  if (stale.peek() || what === underWay) return undefined;
  if (busy.peek()) await free(); // a second key comes before the first has its answer
  underWay = what;
  batch(() => ((busy.value = true), (problem.value = "")));
  try {
    return (await api(path, { method: "POST", ...o })) ?? {};
  } catch (e) {
    const p = e instanceof Problem ? e : new Problem(0, "");
    problem.value = p.status === 409 ? t("desk.refused", { why: p.message }) : t("desk.failed", { why: p.message || t("error.unreachable") });
    return undefined;
  } finally {
    busy.value = false;
    underWay = "";
  }
}

/** For one's own agent. @param {string} path @param {object} [body] @param {string} [method] */
export const ask = (path, body, method = "POST") => act(`${agentPath()}/${path}`, { method, body });

export { newKey };

/**
 * Asks something of the call in hand: done once, and only if it still is as it is seen here.
 * @param {string} verb @param {object} [more]
 */
export async function command(verb, more = {}) {
  const c = call.peek();
  if (!c) return undefined;
  const body = { id: newKey(), expect: c.state, ...more };
  const got = await ask(`calls/${encodeURIComponent(c.call)}/${verb}`, body);
  if (got?.call) {
    calls.value = calls.value.map((x) => (x.call === got.call ? got : x));
    void readCalls(); // what was asked for before the answer may be older than it, or newer
  }
  return got;
}

/** @param {any} r */
const items = (r) => (Array.isArray(r) ? r : (r?.items ?? []));

/** How often each was asked for: only the answer to the last counts. @type {Map<string, number>} */
const asked = new Map();

/** Reads once more what has changed; what cannot be read stays as it was, and the head says that the engine is away. @param {string} path @param {(r: any) => void} take */
function read(path, take) {
  const n = (asked.get(path) ?? 0) + 1;
  asked.set(path, n);
  return api(path).then(
    (r) => asked.get(path) === n && take(r),
    () => {},
  );
}

export const readCalls = () => read(`${agentPath()}/calls`, (r) => (calls.value = items(r)));
export const readCard = () => read(`${agentPath()}/card`, (r) => (card.value = r?.contact ? r : null));
export const readTasks = () => read("/tasks", (r) => (tasks.value = items(r)));
export const readNotices = () => read("/notices", (r) => (notices.value = items(r)));
export const readMissed = () => read(`${agentPath()}/missed`, (r) => (missed.value = items(r)));
const readToday = () => read(agentPath(), (r) => (today.value = r.today));
const readDay = () => read(`${agentPath()}/day`, (r) => (day.value = r));
export const readServes = () => read(`${agentPath()}/explain`, (r) => (serves.value = r.serves ?? []));

/** Runs whenever the value changes, and not for every view. @param {() => unknown} of @param {() => void} then */
function onChange(of, then) {
  const value = computed(of);
  effect(() => {
    if (value.value !== undefined && !stale.value) then();
  });
}

/** Follows the live view for the page's life. */
export function follow() {
  const a = () => own.value;
  onChange(() => a() && [a().state, a().since, a().call, live.value?.phase, live.value?.since, live.value?.rev].join(" "), readCalls);
  onChange(() => a() && [a().state, a().contact, a().call, a().desk_seq].join(" "), readCard);
  onChange(() => a() && `${a().state} ${a().since}`, () => (readToday(), readDay()));
  onChange(() => a() && `${a().desk_seq}`, readMissed);
  onChange(() => view.value?.tasks && `${view.value.tasks.seq} ${a()?.state === "signed_out"}`, readTasks); // shown to who is at work
  onChange(() => (view.value ? (view.value.notices?.seq ?? 0) : undefined), readNotices);
}

/** A queue's name. @param {string | undefined} id */
export const queueName = (id) => view.value?.queues.find((/** @type {any} */ q) => q.id === id)?.name ?? id ?? "";
/** An agent's name. @param {string | undefined} id */
export const agentName = (id) => view.value?.agents.find((/** @type {any} */ x) => x.id === id)?.name ?? id ?? "";

const CALLING = ["reserved", "ringing", "talking", "held", "consulting", "conference", "outbound"];
/** A call is under way: what is chosen takes effect after it. */
export const inCall = computed(() => CALLING.includes(own.value?.state));
