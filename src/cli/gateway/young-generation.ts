import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/**
 * Size from which the young generation grows no further, both halves, bytes: it doubles, so that it comes to 8 MB. Twice as much is
 * collected half as often and costs more all the same, as less of it stays in the processor's caches.
 */
const enoughBytes = 6 * 1024 * 1024;
/** Under load it takes some 100 ms to double beyond that. */
const lookMs = 100;
/** V8's own. */
const usualGrowth = 2;

/**
 * Lets V8's young generation grow up to here and no further. It doubles whenever much of it survives, and of a gateway
 * that is what a thousand streams hold on to while they last: three times the memory then buys nothing, as what one
 * request leaves behind is small. Returns a function that stops looking.
 *
 * V8 makes it small again when little happens for some seconds, so it must be free to grow with the next load: a gateway
 * held at its smallest is collected ten times as often ever after.
 *
 * It is collected by the thread it belongs to alone. So little of it survives that helpers cost more than they save, and
 * where cores are short everyone would wait until the last of them has had its turn.
 */
export function boundYoungGeneration(): () => void {
  // V8 reads both flags whenever it collects or is about to grow, so setting them while running is safe.
  setFlagsFromString("--no-parallel-scavenge");
  makeSmall();
  let growth = usualGrowth;
  const timer = setInterval(look, lookMs);
  timer.unref();
  look();
  function look(): void {
    const young = getHeapSpaceStatistics().find(({ space_name: name }) => name === "new_space");
    const wanted = young !== undefined && young.space_size < enoughBytes ? usualGrowth : 1;
    if (wanted === growth) return;
    growth = wanted;
    setFlagsFromString(`--semi-space-growth-factor=${growth}`);
  }
  return () => clearInterval(timer);
}

/** What a program reads and compiles at its start leaves the young generation larger than it will ever have to be again. */
function makeSmall(): void {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("globalThis.gc");
  if (typeof collect === "function") collect({ type: "major", flavor: "last-resort" });
  setFlagsFromString("--no-expose-gc");
}
