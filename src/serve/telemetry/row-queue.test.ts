import { describe, expect, it } from "vitest";
import { ledgerRow } from "../../../test/contract/ledger-row.ts";
import { createManualClock } from "../../../test/serve/manual-clock.ts";
import type { LedgerRows } from "../wire/ports.ts";
import { RowQueue } from "./row-queue.ts";

/** A queue before a store that refuses as long as it is away. */
function queued() {
  const clock = createManualClock();
  const asked: number[] = [];
  const kept: string[] = [];
  const state = { away: false, refused: 0 };
  const append = async (rows: LedgerRows) => {
    asked.push(rows.length);
    if (state.away) throw new Error("the disk is full");
    kept.push(...Array.from(rows, ({ requestId }) => requestId));
  };
  const told = { add: () => state.refused++, set() {}, observe() {} };
  const telemetry = { counter: () => told, gauge: () => told, histogram: () => told };
  const store = { append, read: async () => [], close: async () => {} };
  const queue = new RowQueue(store, clock, telemetry);
  let made = 0;
  const add = (count: number) => {
    for (let index = 0; index < count; index++) queue.add(ledgerRow({ requestId: `req_${made++}` }));
  };
  /** Lets time pass in steps, and what hangs on it happen. */
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 50) {
      clock.advance(50);
      for (let turn = 0; turn < 50; turn++) await Promise.resolve();
    }
  };
  const all = () => Array.from({ length: made }, (_, index) => `req_${index}`);
  return { queue, asked, kept, state, add, pass, all };
}

describe("rows on their way to the store", () => {
  it("go together when they come together", async () => {
    const { queue, asked, kept, add, pass, all } = queued();
    add(3);
    expect(queue.size).toBe(3);
    await pass(50);
    expect(asked).toEqual([3]);
    expect(kept).toEqual(all());
    expect(queue.size).toBe(0);
  });

  it("are handed over again in bounded groups while the store is away, and arrive once and in order", async () => {
    const { queue, asked, kept, state, add, pass, all } = queued();
    state.away = true;
    add(10_500);
    await pass(2_000);
    add(700);
    await pass(1_000);
    expect(state.refused).toBeGreaterThan(3);
    expect(state.refused).toBeLessThan(8);
    expect(Math.max(...asked)).toBeLessThanOrEqual(1_000);
    expect(queue.size).toBe(11_200);
    state.away = false;
    await pass(600);
    expect(kept).toEqual(all());
    expect(queue.size).toBe(0);
  });

  it("are waited for until all that had come are in the store, and not for those that come later", async () => {
    const { queue, state, add, pass } = queued();
    const told: string[] = [];
    const wait = (name: string) => void queue.saved().then(() => told.push(name));
    wait("none");
    state.away = true;
    add(2);
    wait("two");
    await pass(50);
    add(1_500);
    wait("all");
    await pass(200);
    expect(told).toEqual(["none"]);
    state.away = false;
    await pass(600);
    expect(told).toEqual(["none", "two", "all"]);
  });

  it("are handed over a last time at the end, and are told to be lost when that is in vain", async () => {
    const { queue, asked, kept, state, add, pass, all } = queued();
    state.away = true;
    add(2_500);
    await pass(100);
    state.away = false;
    await queue.settled();
    expect(kept).toEqual(all());
    expect(queue.size).toBe(0);
    const before = asked.length;
    state.away = true;
    add(10);
    await queue.settled();
    await pass(2_000);
    expect(queue.size).toBe(10);
    expect(asked).toHaveLength(before + 1);
    expect(Array.from(queue.rest(), ({ requestId }) => requestId)).toEqual(all().slice(-10));
  });

  it("are handed over at the end for as long as there is time, and one that is there again takes all of them in order", async () => {
    const { queue, kept, state, add, pass, all } = queued();
    state.away = true;
    add(2_500);
    const settled = queue.settled(5_000);
    await pass(2_000);
    state.away = false;
    await pass(1_000);
    await settled;
    expect(kept).toEqual(all());
    expect([...queue.rest()]).toEqual([]);
  });
});
