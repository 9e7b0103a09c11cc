// The one live source of a page: the view, its freshness and the server's clock.
import { signal, computed } from "./lib.js";
import { toLogin } from "./api.js";
import { lang } from "./text.js";

/** The newest view; null before the first. @type {import("./lib.js").Signal<any>} */
export const view = signal(null);
/** How the trunks are, for who may see the centre. @type {import("./lib.js").Signal<any[]>} */
export const trunks = signal([]);
/** Milliseconds of the server's clock, once a second while the stream lives. */
export const now = signal(Date.now());
/** Since when nothing has been heard (local ms); 0 while the stream lives. */
export const silentSince = signal(0);
export const stale = computed(() => silentSince.value > 0);
/** How often the stream was tried for since it was last heard. */
export const tries = signal(0);

const STALE = 3000;
let heard = 0;
/** Server's clock less ours, of the last views: the largest is the one that was under way the shortest. @type {number[]} */
let offsets = [];
const offset = () => (offsets.length ? Math.max(...offsets) : 0);

/** The server's time when it was last heard. */
export const stoppedAt = computed(() => (silentSince.value ? new Date(silentSince.value + offset()).toISOString() : undefined));

/** Why there is no stream, in the engine's words; null: there is one, or it is away. @type {import("./lib.js").Signal<{ status: number, detail: string } | null>} */
export const refused = signal(null);

/** Notes what the engine's clock said just now. @param {number} at */
export const told = (at) => (offsets = [...offsets.slice(-19), at - Date.now()]);

/** @param {any} v */
function take(v) {
  if (view.value && v.version < view.value.version && v.seq < view.value.seq) return;
  told(Date.parse(v.at));
  view.value = v;
}

/**
 * Where a page's stream comes from, and what is done with its events.
 * @typedef {{ path: string, on: Record<string, (data: any) => void> }} Source
 */

/** @type {Source} */
const views = { path: "/live/stream", on: { view: take, trunks: (x) => (trunks.value = x) } };

function alive() {
  heard = Date.now();
  if (silentSince.value) silentSince.value = 0;
  tries.value = 0;
  refused.value = null;
}

/** Reads the stream until it breaks. @param {Source} source @param {AbortSignal} stop */
async function read(source, stop) {
  const res = await fetch("/api/v1" + source.path, { signal: stop, headers: { Accept: "text/event-stream", "Accept-Language": lang.value } });
  if (res.status === 401) return toLogin();
  if (res.status >= 400 && res.status < 500) refused.value = { status: res.status, detail: (await res.json().catch(() => ({}))).detail ?? res.statusText };
  if (!res.ok || !res.body) throw new Error(String(res.status));
  const reader = res.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    alive();
    rest += value;
    const blocks = rest.split("\n\n");
    rest = blocks.pop() ?? "";
    for (const b of blocks) {
      const lines = b.split("\n");
      const data = lines.find((l) => l.startsWith("data: "));
      if (!data) continue;
      const name = lines.find((l) => l.startsWith("event: "))?.slice(7) ?? "";
      source.on[name]?.(JSON.parse(data.slice(6)));
    }
  }
}

/** Starts the stream and the clock; both go on for the page's life, and come back after every break. */
export function start(source = views) {
  heard = Date.now();
  setInterval(() => {
    if (Date.now() - heard > STALE) {
      if (!silentSince.value) silentSince.value = heard;
      return; // what is not known does not tick
    }
    now.value = Date.now() + offset();
  }, 1000);
  (async () => {
    for (let wait = 250; ; wait = Math.min(wait * 2, 5000)) {
      const stop = new AbortController();
      const guard = setInterval(() => Date.now() - heard > 3 * STALE && stop.abort(), 1000);
      const began = Date.now();
      await read(source, stop.signal).catch(() => {});
      tries.value++;
      clearInterval(guard);
      if (Date.now() - began > 5000) wait = 250;
      if (refused.value) wait = 5000;
      await new Promise((r) => setTimeout(r, wait * (0.7 + 0.6 * Math.random()))); // many screens come back one by one
      heard = Math.max(heard, Date.now() - STALE); // give the next try its time
    }
  })();
}

/** Time since an instant, on the server's clock. @param {string | undefined} iso */
export const since = (iso) => (iso ? Math.max(0, now.value - Date.parse(iso)) : null);
