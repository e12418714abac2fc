import { describe, expect, it } from "vitest";
import { FirstTokenPace } from "./first-token-pace.ts";

/** Requests arriving every `everyMs` at an engine that takes `serviceMs` for each, one after the other. */
function run(everyMs: number, serviceMs: number, count: number) {
  const pace = new FirstTokenPace();
  const events: { atMs: number; act: () => void }[] = [];
  let freeAtMs = 0;
  let trueWaitMs = 0;
  for (let index = 0; index < count; index++) {
    const arriveMs = index * everyMs;
    const startMs = Math.max(arriveMs, freeAtMs);
    freeAtMs = startMs + serviceMs;
    const doneMs = freeAtMs;
    trueWaitMs = Math.max(0, freeAtMs - arriveMs);
    let together = 0;
    events.push({ atMs: arriveMs, act: () => void (together = pace.began(arriveMs)) });
    events.push({ atMs: doneMs, act: () => pace.ended(doneMs, doneMs - arriveMs, together) });
  }
  const lastArrivalMs = (count - 1) * everyMs;
  for (const { atMs, act } of events.sort((a, b) => a.atMs - b.atMs)) if (atMs <= lastArrivalMs) act();
  return { estimateMs: pace.drainMs, trueWaitMs };
}

describe("the queue of an engine that publishes nothing", () => {
  it("is none while requests come slower than they are served", () => {
    expect(run(100, 40, 50).estimateMs).toBeLessThan(1);
  });

  it("is seen to grow under overload, close to its true length", () => {
    const { estimateMs, trueWaitMs } = run(10, 30, 200);
    expect(estimateMs / trueWaitMs).toBeGreaterThan(0.8);
    expect(estimateMs / trueWaitMs).toBeLessThan(1.2);
  });

  it("is not seen where many are served side by side", () => {
    const pace = new FirstTokenPace();
    // Ten at a time, each 200 ms, no queue: ten first tokens per 200 ms.
    for (let index = 0; index < 10; index++) pace.began(index * 20);
    for (let index = 10; index < 100; index++) {
      pace.ended(index * 20, 200, 10);
      pace.began(index * 20);
    }
    expect(pace.drainMs).toBeLessThan(25);
  });

  it("is not seen behind a slow engine with room, so that more and more may be asked of it", () => {
    const pace = new FirstTokenPace();
    // As many as may begin do, and each takes two seconds, however many others there are.
    const room: number[] = [];
    for (let round = 0; round < 6; round++) {
      const began = round * 2_000;
      let count = 0;
      for (; count < 64 && pace.drainMs === 0; count++) pace.began(began);
      for (let done = 0; done < count; done++) pace.ended(began + 2_000, 2_000, done + 1);
      room.push(count);
    }
    expect(room.at(-1)).toBe(64);
  });

  it("is seen at one that serves one after the other, although it was tried what more it can do", () => {
    const pace = new FirstTokenPace();
    let freeAtMs = 0;
    const running: { endMs: number; beganMs: number; together: number }[] = [];
    let most = 0;
    for (let atMs = 0; atMs < 60_000; atMs += 10) {
      while (running.length > 0 && running[0]!.endMs <= atMs) {
        const { beganMs, together } = running.shift()!;
        pace.ended(atMs, atMs - beganMs, together);
      }
      if (pace.drainMs > 25) continue;
      const together = pace.began(atMs);
      freeAtMs = Math.max(freeAtMs, atMs) + 500;
      running.push({ endMs: freeAtMs, beganMs: atMs, together });
      if (atMs > 30_000) most = Math.max(most, running.length);
    }
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThanOrEqual(4);
  });

  it("is not seen for long where an engine became ten times slower and still serves many side by side", () => {
    const pace = new FirstTokenPace();
    const running: { endMs: number; beganMs: number; together: number }[] = [];
    const room: number[] = [];
    for (let atMs = 0; atMs < 120_000; atMs += 10) {
      while (running.length > 0 && running[0]!.endMs <= atMs) {
        const { beganMs, together } = running.shift()!;
        pace.ended(atMs, atMs - beganMs, together);
      }
      if (pace.drainMs > 25 || running.length >= 20) continue;
      const together = pace.began(atMs);
      running.push({ endMs: atMs + (atMs < 30_000 ? 50 : 500), beganMs: atMs, together });
      if (atMs >= 90_000) room.push(running.length);
    }
    expect(Math.max(...room)).toBe(20);
  });

  it("is not made of requests that were given up", () => {
    const pace = new FirstTokenPace();
    for (let index = 0; index < 5; index++) pace.began(0);
    for (let index = 0; index < 5; index++) pace.ended(1_000, null, index + 1);
    expect(pace.drainMs).toBe(0);
  });
});
