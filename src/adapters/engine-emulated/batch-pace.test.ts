import { describe, expect, it } from "vitest";
import { compileReplica, stepMs } from "../../perf/index.ts";
import { smallModel, smallModule, testEngine } from "../../../test/worlds/tiny-world.ts";
import { BatchPace } from "./batch-pace.ts";

const replica = compileReplica({
  accelerator: smallModule.accelerator,
  tensorParallel: 1,
  model: smallModel,
  engine: testEngine,
  weightPrecision: "fp8",
  kvPrecision: "bf16",
})!;

function generation(uncachedTokens: number, outputTokens: number, produced: number[]) {
  return { uncachedTokens, cachedTokens: 0, outputTokens, onTokens: (count: number) => void produced.push(count) };
}

describe("the pace of a batch", () => {
  it("is the engine model's: overhead, then prefill, then one step per token", () => {
    const pace = new BatchPace(replica, 1);
    const produced: number[] = [];
    pace.add(generation(100, 3, produced), 0);
    let expectedMs = replica.requestOverheadMs + stepMs(replica, 0, 0, 100, (100 * 100) / 2);
    for (let token = 1; token <= 3; token++) {
      pace.advance(expectedMs - 1e-6);
      expect(produced).toHaveLength(token - 1);
      pace.advance(expectedMs + 1e-6);
      expect(produced).toHaveLength(token);
      expectedMs += stepMs(replica, 1, 100 + token, 0, 0);
    }
    expect(pace.nextMs()).toBeNull();
  });

  it("does not drift when it is looked at late", () => {
    const end = (tickMs: number) => {
      const pace = new BatchPace(replica, 1);
      pace.add(generation(100, 200, []), 0);
      let nowMs = 0;
      while (pace.nextMs() !== null) {
        // A late timer: always to the next whole tick after the event that was due.
        nowMs = Math.max(nowMs + tickMs, Math.ceil(pace.nextMs()! / tickMs) * tickMs);
        pace.advance(nowMs);
      }
      return nowMs;
    };
    expect(Math.abs(end(25) - end(0.01))).toBeLessThanOrEqual(25);
  });

  it("slows with the batch and with a shared accelerator", () => {
    const time = (others: number, speedRatio: number) => {
      const pace = new BatchPace(replica, speedRatio);
      const produced: number[] = [];
      pace.add(generation(50, 40, produced), 0);
      for (let index = 0; index < others; index++) pace.add(generation(50, 40, []), 0);
      let nowMs = 0;
      while (produced.length < 40) pace.advance((nowMs = pace.nextMs()!));
      return nowMs;
    };
    expect(time(30, 1)).toBeGreaterThan(time(0, 1));
    expect(time(0, 0.5)).toBeGreaterThan(time(0, 1) * 1.8);
  });

  it("frees the place of a generation that is taken out", () => {
    const pace = new BatchPace(replica, 1);
    const leave = pace.add(generation(50, 10_000, []), 0);
    pace.advance(50);
    expect(pace.runningCount).toBe(1);
    leave();
    pace.advance(10_000);
    expect([pace.runningCount, pace.waitingCount, pace.nextMs()]).toEqual([0, 0, null]);
  });

  it("says how long a newcomer would wait", () => {
    const pace = new BatchPace(replica, 1);
    expect(pace.drainMs(0)).toBe(0);
    pace.add(generation(4_000, 1, []), 0);
    expect(pace.drainMs(0)).toBeCloseTo(4_000 * replica.perPrefillTokenMs);
  });
});
