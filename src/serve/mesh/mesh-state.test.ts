import { describe, expect, it } from "vitest";
import { createManualClock } from "../../../test/serve/manual-clock.ts";
import type { Group } from "../../route/index.ts";
import { GroupState } from "./mesh-state.ts";
import { unknownSignals, type Engine, type EngineSignals, type ToldEngines } from "../wire/ports.ts";

const group: Group = {
  pool: 0,
  site: 0,
  module: 0,
  workloads: [0],
  tensorParallel: 1,
  firstReplica: 0,
  replicas: 2,
  speedRatio: 1,
  capacityUsdPerModuleS: 0,
};

function stateOf(signals: EngineSignals | null, told: ToldEngines | null = null) {
  const clock = createManualClock(0);
  const moment = { nowMs: 0 };
  const engine: Engine | null = signals && {
    start: () => ({ cancel() {}, pause() {}, resume() {} }),
    signals: () => signals,
    close: async () => {},
  };
  const state = new GroupState({
    group,
    engine,
    maxInFlight: 5,
    clock,
    moment,
    perTokenMs: 2,
    told,
  });
  const healthAt = (ms: number) => {
    clock.advance(Math.max(0, ms - clock.monotonicMs()));
    moment.nowMs = ms;
    return state.health.value;
  };
  const failAt = (ms: number, retryAfterMs: number | null = null) => {
    clock.advance(ms - clock.monotonicMs());
    state.failed(retryAfterMs);
  };
  return { state, healthAt, failAt, clock };
}

describe("health of a group", () => {
  it("is none without an engine, and the site's with one", () => {
    expect(stateOf(null).healthAt(0)).toBe(0);
    const told = { healthRatio: () => 0.7, isFull: () => false };
    expect(stateOf(unknownSignals, told).healthAt(0)).toBe(0.7);
    expect([stateOf(null).state.isAbsent, stateOf(unknownSignals).state.isAbsent]).toEqual([true, false]);
  });

  it("is none for as long as the engine asked to be left alone, within reason", () => {
    const { failAt, healthAt } = stateOf(unknownSignals);
    failAt(0, 2_000);
    expect([healthAt(1_999), healthAt(2_000)]).toEqual([0, 1]);
    failAt(2_000, 1e9);
    expect([healthAt(31_999), healthAt(32_000)]).toEqual([0, 1]);
  });

  it("is nearly none after failures in a row, longer with each, but never quite", () => {
    const { state, failAt, healthAt } = stateOf(unknownSignals);
    failAt(0);
    failAt(0);
    expect(healthAt(0)).toBe(1);
    failAt(0);
    expect(healthAt(499)).toBeGreaterThan(0);
    expect(healthAt(499)).toBeLessThan(0.1);
    expect(healthAt(500)).toBe(1);
    failAt(500);
    expect(healthAt(1_499)).toBeLessThan(0.1);
    state.succeeded();
    expect(healthAt(1_499)).toBe(1);
  });
});

describe("wait at a group", () => {
  it("is the engine's word where it has one, else estimated from tokens under way", () => {
    const { state } = stateOf(unknownSignals);
    state.handedOver(100, true);
    expect(state.drain).toMatchObject({ value: 100, source: "tokens in flight" });
    const known = stateOf({ ...unknownSignals, source: "engine", atMs: 0, drainMs: 7 }).state;
    known.handedOver(100, true);
    expect(known.drain).toMatchObject({ value: 7, source: "engine" });
  });

  it("contains what was sent and what got its first token since the last scrape", () => {
    const signals = { ...unknownSignals, source: "scrape" as const, atMs: 0, drainMs: 7 };
    const { state } = stateOf(signals);
    state.handedOver(40, true);
    expect(state.drain.value).toBe(40);
    // A scrape that has seen those 40 tokens wait.
    Object.assign(signals, { atMs: 1_000, drainMs: 60 });
    expect(state.drain.value).toBe(60);
    state.handedOver(100, true);
    expect(state.drain.value).toBe(160);
    state.waitsNoLonger(40, true, 5, 1);
    expect(state.drain.value).toBe(120);
    Object.assign(signals, { atMs: 2_000, drainMs: 0 });
    expect(state.drain.value).toBe(100);
  });

  it("holds the prompt of an answer that comes as a whole for as long as it takes to compute, not to answer", () => {
    const { state, healthAt } = stateOf(unknownSignals);
    const drainAt = (ms: number) => {
      healthAt(ms);
      return state.drain.value;
    };
    state.handedOver(100, false);
    state.handedOver(50, false);
    expect(drainAt(0)).toBe(150);
    expect(drainAt(100)).toBe(50);
    expect(drainAt(150)).toBe(0);
    state.handedOver(30, false);
    expect(drainAt(150)).toBe(30);
    // Nothing is left of what has been answered.
    for (const tokens of [100, 50]) state.waitsNoLonger(tokens, false, null, 0);
    expect(drainAt(160)).toBe(20);
    state.waitsNoLonger(30, false, null, 0);
    expect(drainAt(161)).toBe(0);
  });

  it("does not hold such prompts against an engine that was done with them sooner", () => {
    const { state, healthAt } = stateOf(unknownSignals);
    for (let index = 0; index < 10; index++) state.handedOver(100, false);
    healthAt(10);
    for (let index = 0; index < 10; index++) state.waitsNoLonger(100, false, null, 0);
    state.handedOver(100, false);
    expect(state.drain.value).toBe(100);
    healthAt(60);
    expect(state.drain.value).toBe(50);
  });

  it("counts such a prompt beside a scrape until the next one, which has seen it", () => {
    const signals = { ...unknownSignals, source: "scrape" as const, atMs: 0, drainMs: 7 };
    const { state, healthAt } = stateOf(signals);
    expect(state.drain.value).toBe(7);
    state.handedOver(40, false);
    expect(state.drain.value).toBe(47);
    healthAt(30);
    expect(state.drain.value).toBe(17);
    Object.assign(signals, { atMs: 35, drainMs: 3 });
    healthAt(35);
    expect(state.drain.value).toBe(5);
  });

  it("is of no use at an engine that takes no more", () => {
    const { state, healthAt } = stateOf(unknownSignals);
    state.inFlight = 5;
    expect(healthAt(0)).toBe(0);
    expect(state.full).toBe(true);
    state.inFlight = 4;
    expect(healthAt(0)).toBe(1);
  });

  it("is lower the more often requests fail, although none fail in a row, and recovers with time", () => {
    const { state, healthAt, clock } = stateOf(unknownSignals);
    for (let index = 0; index < 20; index++) {
      clock.advance(100);
      if (index % 2 === 0) state.failed(null);
      else state.succeeded();
    }
    expect(healthAt(2_000)).toBeCloseTo(0.5, 1);
    for (let index = 0; index < 200; index++) {
      clock.advance(1_000);
      state.succeeded();
    }
    expect(healthAt(202_000)).toBe(1);
  });
});

describe("silence of a group", () => {
  const silentAt = ({ state, healthAt }: ReturnType<typeof stateOf>, ms: number) => {
    healthAt(ms);
    return state.silent;
  };

  it("begins with failures in a row and ends with an answer or after a while", () => {
    const known = stateOf(unknownSignals);
    expect(silentAt(known, 0)).toBe(false);
    for (const ms of [10, 20]) known.failAt(ms);
    expect(silentAt(known, 20)).toBe(false);
    known.failAt(30);
    expect(silentAt(known, 30)).toBe(true);
    expect(silentAt(known, 40_000)).toBe(false);
    known.failAt(40_000);
    expect(silentAt(known, 40_000)).toBe(true);
    known.state.succeeded();
    expect(silentAt(known, 40_001)).toBe(false);
  });

  it("is what becomes of an engine that told its load and no longer does, until it does again", () => {
    const signals = { ...unknownSignals, source: "scrape" as const, atMs: 1_000, drainMs: 0 };
    const known = stateOf(signals);
    expect(silentAt(known, 5_000)).toBe(false);
    expect(silentAt(known, 12_000)).toBe(true);
    signals.atMs = 12_500;
    expect(silentAt(known, 13_000)).toBe(false);
    for (const ms of [13_000, 13_001, 13_002]) known.failAt(ms);
    expect(silentAt(known, 13_003)).toBe(true);
    signals.atMs = 13_500;
    expect(silentAt(known, 13_600)).toBe(false);
  });

  it("is not that of an engine that still begins answers, however long they take", () => {
    const known = stateOf({ ...unknownSignals, source: "scrape", atMs: 1_000, drainMs: 0 });
    known.state.handedOver(10, true);
    expect(silentAt(known, 11_900)).toBe(true);
    known.state.waitsNoLonger(10, true, 400, 1);
    expect(silentAt(known, 12_000)).toBe(false);
  });

  it("is not that of several servers one of which was heard", () => {
    const known = stateOf({ ...unknownSignals, source: "scrape", atMs: 1_000, heardMs: 19_500, drainMs: 0 });
    expect(silentAt(known, 20_000)).toBe(false);
  });
});

describe("an engine that says nothing", () => {
  it("keeps others in vain once one was left without an answer, until anybody gets one", () => {
    const { state, clock } = stateOf(unknownSignals);
    const handOver = (stream: boolean) => {
      state.inFlight++;
      return state.handedOver(10, stream);
    };
    for (const stream of [false, false, false, true]) handOver(stream);
    clock.advance(10_000);
    expect(state.saidNothingSince(0)).toBe(false);
    state.failed(null);
    expect(state.saidNothingSince(0)).toBe(false);
    state.failed(null, true);
    expect(state.saidNothingSince(0)).toBe(true);
    const heardMs = 10_000;
    state.waitsNoLonger(10, true, 5, 1);
    expect(state.saidNothingSince(0)).toBe(false);
    clock.advance(1);
    state.failed(null, true);
    expect(state.saidNothingSince(heardMs)).toBe(false);
    expect(state.saidNothingSince(heardMs + 1)).toBe(true);
  });
});
