// Keys come faster than answers: who asks while something is under way waits for its answer, and none is lost.
import { effect } from "./lib.js";

/** Who waits until nothing is under way any more, in the order of having come. @param {import("./lib.js").Signal<boolean>} busy @returns {() => Promise<void>} */
export function turns(busy) {
  let last = Promise.resolve();
  const idle = () =>
    new Promise((/** @type {(x: void) => void} */ go) => {
      const stop = effect(() => {
        if (busy.value) return;
        go();
        queueMicrotask(() => stop()); // the first run is before there is a stop
      });
    });
  return () => (last = last.then(idle));
}
