import { getPriority, setPriority } from "node:os";

/**
 * How far a thread that may take its time steps back: on a processor that is all in use it still gets a quarter of it, and
 * the ledger needs an eighth.
 */
const niceness = 5;
const lowest = 19;

/**
 * Lets the other threads of this process go before the one that calls: without it a request that comes in while the only
 * processor writes the ledger waits until that is done, a millisecond or more. Only Linux counts priorities by thread.
 */
export function stepBack(): void {
  if (process.platform !== "linux") return;
  try {
    setPriority(0, Math.min(lowest, getPriority(0) + niceness));
  } catch {
    // Where that is forbidden everything works as well, only later now and then.
  }
}
