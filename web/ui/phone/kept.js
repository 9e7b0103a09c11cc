// The call of this tab, kept so that the page can be loaded anew in the middle of it.

/** @typedef {{ user: string, id: string, ours: string, theirs: string, seen: number, call: Partial<import("./phone.js").Call> }} Kept */

const KEY = "hotline.phone.call";
/** How long the engine keeps the customer for a phone that is gone, at the least. */
const WAITS = 50_000;

export const forget = () => sessionStorage.removeItem(KEY);

/**
 * Keeps the call until the function that it returns is called.
 * @param {any} session JsSIP's @param {string} user @param {import("./phone.js").Call} call
 */
export function keep(session, user, call) {
  const { call_id, local_tag, remote_tag } = session._dialog.id;
  const { direction, number, name, since } = call;
  /** @type {Kept} */
  const it = { user, id: call_id, ours: local_tag, theirs: remote_tag, seen: 0, call: { direction, number, name, since } };
  const write = () => sessionStorage.setItem(KEY, JSON.stringify({ ...it, seen: Date.now() }));
  write();
  const timer = setInterval(write, 5000);
  addEventListener("pagehide", write);
  // A tab that is duplicated takes the kept call along: it must not take the call itself.
  let unlock = () => {};
  void navigator.locks?.request(KEY + call_id, () => new Promise((done) => (unlock = () => done(undefined))));
  return () => {
    clearInterval(timer);
    removeEventListener("pagehide", write);
    unlock();
    forget();
  };
}

/** The call that this tab had before it was loaded, if it may still be there. @param {string} user @returns {Kept | null} */
export function kept(user) {
  const text = sessionStorage.getItem(KEY);
  if (!text) return null;
  /** @type {Kept} */
  const it = JSON.parse(text);
  if (it.user === user && Date.now() - it.seen < WAITS) return it;
  forget();
  return null;
}

/** Whether no other tab has the call. @param {Kept} it @returns {Promise<boolean>} */
export async function free(it) {
  if (!navigator.locks) return true;
  return await navigator.locks.request(KEY + it.id, { ifAvailable: true }, async (lock) => lock !== null);
}
