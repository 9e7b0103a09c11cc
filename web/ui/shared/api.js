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

/**
 * @param {string} path @param {{ method?: string, body?: unknown, stay?: boolean, signal?: AbortSignal }} [o]
 * @returns {Promise<any>}
 */
export async function api(path, o = {}) {
  /** @type {Response} */
  let res;
  try {
    res = await fetch("/api/v1" + path, {
      method: o.method ?? (o.body ? "POST" : "GET"),
      headers: { "Accept-Language": lang.value, ...(o.body ? { "Content-Type": "application/json" } : {}) },
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
