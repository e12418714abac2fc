import type { Clock } from "../../src/serve/index.ts";

/** A clock that stands still until told to move. Tasks run in the order of their times, then of their making. */
export function createManualClock(startMs = 1_000): Clock & { advance(ms: number): void } {
  let nowMs = startMs;
  let made = 0;
  const tasks = new Map<number, { atMs: number; task: () => void }>();
  return {
    monotonicMs: () => nowMs,
    epochMs: () => nowMs + 1_700_000_000_000,
    schedule(delayMs, task) {
      const id = made++;
      tasks.set(id, { atMs: nowMs + Math.max(0, delayMs), task });
      return () => tasks.delete(id);
    },
    advance(ms) {
      const endMs = nowMs + ms;
      for (;;) {
        const [next] = [...tasks]
          .filter(([, { atMs }]) => atMs <= endMs)
          .toSorted((a, b) => a[1].atMs - b[1].atMs || a[0] - b[0]);
        if (!next) break;
        tasks.delete(next[0]);
        nowMs = Math.max(nowMs, next[1].atMs);
        next[1].task();
      }
      nowMs = endMs;
    },
  };
}
