import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";

/** Size at which the young generation has room for thousands of requests between two collections, both halves, bytes. */
const enoughBytes = 12 * 1024 * 1024;
const lookMs = 1_000;

/**
 * Lets V8's young generation grow up to here and no further. It doubles whenever much of it survives, and of a gateway
 * that is what a thousand streams hold on to while they last: three times the memory then buys nothing, as what one
 * request leaves behind is small. Returns a function that stops looking.
 *
 * It is collected by the thread it belongs to alone. So little of it survives that helpers cost more than they save, and
 * where cores are short everyone would wait until the last of them has had its turn.
 */
export function boundYoungGeneration(): () => void {
  // Read with every collection, so setting it while running is safe.
  setFlagsFromString("--no-parallel-scavenge");
  const timer = setInterval(look, lookMs);
  timer.unref();
  look();
  function look(): void {
    const young = getHeapSpaceStatistics().find(({ space_name: name }) => name === "new_space");
    if (young !== undefined && young.space_size < enoughBytes) return;
    clearInterval(timer);
    // V8 reads this flag each time it is about to grow, so setting it while running is safe.
    setFlagsFromString("--semi-space-growth-factor=1");
  }
  return () => clearInterval(timer);
}
