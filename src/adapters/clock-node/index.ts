// The global of this name is a getter that runs with every look at it.
import { performance } from "node:perf_hooks";
import type { Clock } from "../../serve/index.ts";

/** The machine's clocks and timers. Timers do not keep the process alive: what waits for them does. */
export function createNodeClock(): Clock {
  return {
    monotonicMs: () => performance.now(),
    epochMs: () => Date.now(),
    schedule(delayMs, task) {
      const timer = setTimeout(task, delayMs);
      return () => clearTimeout(timer);
    },
  } satisfies Clock;
}
