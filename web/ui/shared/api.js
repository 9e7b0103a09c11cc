// The way to the engine.
import { lang } from "./text.js";

/** A problem the engine named (RFC 9457), or that it cannot be reached. */
export class Problem extends Error {
  /** @param {number} status @param {string} detail @param {string} [type] */
  constructor(status, detail, type = "") {
    super(detail);
    this.status = status;
    this.type = type;
  }
}

/** Sends who is not logged in to the log-in page, and back afterwards. */
export function toLogin() {
  location.replace("/login?next=" + encodeURIComponent(location.pathname + location.search));
}

/** Names something that is sent: sent twice, it is done once. */
export const newKey = () => Array.from(crypto.getRandomValues(new Uint32Array(3)), (n) => n.toString(36)).join("");

/** The keys of what was sent once and had no answer. @type {Map<string, string>} */
const unanswered = new Map();

/**
 * Asks the engine. With `once` something is made once: the same sent again after no answer is known as the same.
 * @param {string} path @param {{ method?: string, body?: unknown, stay?: boolean, signal?: AbortSignal, once?: boolean }} [o]
 * @returns {Promise<any>}
 */
export async function api(path, o = {}) {
  if (!o.once) return send(path, o);
  const what = path + JSON.stringify(o.body);
  const key = unanswered.get(what) ?? newKey();
  unanswered.set(what, key);
  try {
    const got = await send(path, { ...o, key });
    unanswered.delete(what);
    return got;
  } catch (e) {
    if (e instanceof Problem && e.status >= 400 && e.status < 500) unanswered.delete(what);
    throw e;
  }
}

/**
 * @param {string} path @param {{ method?: string, body?: unknown, stay?: boolean, signal?: AbortSignal, key?: string }} o
 * @returns {Promise<any>}
 */
async function send(path, o) {
  /** @type {Response} */
  let res;
  try {
    res = await fetch("/api/v1" + path, {
      method: o.method ?? (o.body ? "POST" : "GET"),
      headers: { "Accept-Language": lang.value, ...(o.body ? { "Content-Type": "application/json" } : {}), ...(o.key ? { "Idempotency-Key": o.key } : {}) },
      body: o.body ? JSON.stringify(o.body) : undefined,
      signal: o.signal,
    });
  } catch (e) {
    if (o.signal?.aborted) throw e;
    throw new Problem(0, "");
  }
  if (res.status === 401 && !o.stay) {
    toLogin();
    return new Promise(() => {});
  }
  if (!res.ok) {
    const p = await res.json().catch(() => ({}));
    throw new Problem(res.status, p.detail ?? res.statusText, p.type);
  }
  return res.status === 204 ? null : res.json();
}
