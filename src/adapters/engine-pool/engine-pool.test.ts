import { describe, expect, it } from "vitest";
import { chatRequest, observe } from "../../../test/contract/engine.ts";
import { seededRng } from "../../../test/worlds/random-world.ts";
import {
  unknownSignals,
  type Engine,
  type EngineEvents,
  type EngineFailure,
  type EngineHead,
  type EngineRun,
  type EngineSignals,
} from "../../serve/index.ts";
import { createEnginePool } from "./engine-pool.ts";

/** Servers that hold every request until told to answer; `down` ones cannot be reached. */
function servers() {
  const held = new Map<string, EngineEvents[]>();
  const down = new Set<string>();
  const closed: string[] = [];
  const loads = new Map<string, EngineSignals>();
  const open = (address: string): Engine => ({
    start(_request, events) {
      if (down.has(address)) queueMicrotask(() => events.end({ kind: "connect", message: "unreachable" }));
      else held.set(address, [...(held.get(address) ?? []), events]);
      return { cancel() {}, pause() {}, resume() {} };
    },
    signals: () => loads.get(address) ?? unknownSignals,
    close: async () => void closed.push(address),
  });
  const answer = (
    address: string,
    status = 200,
    retryAfterMs: number | null = null,
    failure: EngineFailure | null = null,
  ) => {
    for (const events of held.get(address) ?? []) {
      events.head({ status, contentType: "application/json", retryAfterMs });
      events.data("{}");
      events.end(failure);
    }
    held.delete(address);
  };
  const count = (address: string) => held.get(address)?.length ?? 0;
  return { open, down, closed, loads, answer, count };
}

const pool = (
  world: ReturnType<typeof servers>,
  addresses: () => readonly string[] | Promise<readonly string[]>,
  refreshMs: number | null = null,
) => createEnginePool({ addresses, refreshMs, open: world.open, rng: seededRng(3) });

describe("several servers as one engine", () => {
  it("share requests evenly", () => {
    const world = servers();
    const engine = pool(world, () => ["a", "b", "c"]);
    for (let index = 0; index < 60; index++) observe(engine, chatRequest());
    for (const address of ["a", "b", "c"]) expect(Math.abs(world.count(address) - 20)).toBeLessThanOrEqual(6);
  });

  it("keep requests that begin alike together, but no server far busier than the others", () => {
    const world = servers();
    const engine = pool(world, () => ["a", "b", "c", "d"]);
    const homes = new Map<string, string>();
    for (const key of ["k1", "k2", "k3", "k4", "k5"]) {
      observe(engine, chatRequest({ affinityKey: key }));
      homes.set(
        key,
        ["a", "b", "c", "d"].find((address) => world.count(address) > 0)!,
      );
      for (const address of homes.values()) world.answer(address);
    }
    for (const [key, home] of homes) {
      observe(engine, chatRequest({ affinityKey: key }));
      expect(world.count(home)).toBe(1);
      world.answer(home);
    }
    for (let index = 0; index < 40; index++) observe(engine, chatRequest({ affinityKey: "hot" }));
    for (const address of ["a", "b", "c", "d"]) expect(world.count(address)).toBeLessThanOrEqual(14);
  });

  it("move few keys when one leaves", () => {
    const home = (addresses: string[], key: string) => {
      const world = servers();
      observe(
        pool(world, () => addresses),
        chatRequest({ affinityKey: key }),
      );
      return addresses.find((address) => world.count(address) > 0)!;
    };
    const keys = Array.from({ length: 200 }, (_, index) => `key ${index}`);
    const moved = keys.filter((key) => home(["a", "b", "c", "d"], key) !== home(["a", "b", "c"], key));
    expect(moved.every((key) => home(["a", "b", "c", "d"], key) === "d")).toBe(true);
    expect(moved.length).toBeGreaterThan(20);
    expect(moved.length).toBeLessThan(80);
  });

  it("hide a server that cannot be reached, and say so when none can", async () => {
    const world = servers();
    world.down.add("a");
    const engine = pool(world, () => ["a", "b"]);
    const seen = Array.from({ length: 10 }, () => observe(engine, chatRequest()));
    await Promise.resolve();
    await Promise.resolve();
    expect(world.count("b")).toBe(10);
    world.answer("b");
    expect(await Promise.all(seen.map(({ ended }) => ended))).toEqual(Array.from({ length: 10 }, () => null));
    world.down.add("b");
    expect(await observe(engine, chatRequest()).ended).toMatchObject({ kind: "connect" });
  });

  it("take a request that failed at one of them over at another", () => {
    for (let seed = 0; seed < 8; seed++) {
      const world = servers();
      const engine = createEnginePool({
        addresses: () => ["a", "b"],
        refreshMs: null,
        open: world.open,
        rng: seededRng(seed),
      });
      observe(engine, chatRequest());
      const [failing, other] = world.count("a") === 1 ? ["a", "b"] : ["b", "a"];
      world.answer(failing, 500);
      observe(engine, chatRequest());
      expect([world.count(failing), world.count(other)]).toEqual([0, 1]);
    }
  });

  it.each([
    ["however whole their answers are", 500, null],
    ["however well they began", 200, { kind: "reset", message: "broken off" } as const],
  ])("are left alone for longer when they fail time after time, %s", async (_how, status, failure) => {
    const world = servers();
    const engine = pool(world, () => ["a", "b"]);
    for (let index = 0; index < 20; index++) observe(engine, chatRequest());
    world.answer("a", status, null, failure);
    world.answer("b");
    await new Promise((resolve) => setTimeout(resolve, 150));
    for (let index = 0; index < 10; index++) observe(engine, chatRequest());
    expect([world.count("a"), world.count("b")]).toEqual([0, 10]);
  });

  it("are left alone after requests that were given up there in vain, not after those nobody wanted any more", async () => {
    for (const inVain of [true, false]) {
      const world = servers();
      const engine = pool(world, () => ["a", "b"]);
      const runs = new Map<EngineRun, string>();
      const ask = () => {
        const before = world.count("a");
        const run = engine.start(chatRequest(), { head() {}, data() {}, end() {} });
        runs.set(run, world.count("a") > before ? "a" : "b");
      };
      for (let index = 0; index < 20; index++) ask();
      for (const [run, address] of runs) if (address === "a") run.cancel(inVain);
      world.answer("a");
      world.answer("b");
      await new Promise((resolve) => setTimeout(resolve, 150));
      for (let index = 0; index < 20; index++) ask();
      expect(world.count("a") === 0).toBe(inVain);
      await engine.close();
    }
  });

  it("are left alone when what they answered whole was no answer, as those say who read it", async () => {
    for (const isAnswer of [true, false]) {
      const world = servers();
      const engine = pool(world, () => ["a", "b"]);
      const ask = () => {
        const run = engine.start(chatRequest(), {
          head() {},
          data() {},
          end: () => {
            if (!isAnswer) run.cancel(true);
          },
        });
      };
      for (let index = 0; index < 20; index++) ask();
      world.answer("a");
      await new Promise((resolve) => setTimeout(resolve, 150));
      for (let index = 0; index < 10; index++) ask();
      expect(world.count("a") === 0).toBe(!isAnswer);
      await engine.close();
    }
  });

  it("are left alone one by one when they wish to be, and the wish is all theirs only when nobody else is there", () => {
    const world = servers();
    const engine = pool(world, () => ["a", "b"]);
    const wishes: (number | null)[] = [];
    const ask = () =>
      engine.start(chatRequest(), {
        head: ({ retryAfterMs }) => void wishes.push(retryAfterMs),
        data() {},
        end() {},
      });
    while (world.count("a") === 0) ask();
    world.answer("b");
    wishes.length = 0;
    world.answer("a", 503, 20_000);
    expect(new Set(wishes)).toEqual(new Set([null]));
    for (let index = 0; index < 10; index++) ask();
    expect([world.count("a"), world.count("b")]).toEqual([0, 10]);
    wishes.length = 0;
    world.answer("b", 429, 7_000);
    expect(wishes.at(-1)).toBe(7_000);
  });

  it("are left alone together no longer than until the first of them takes requests", () => {
    const world = servers();
    const engine = pool(world, () => ["a", "b"]);
    const wishes: (number | null)[] = [];
    const head = ({ retryAfterMs }: EngineHead) => void wishes.push(retryAfterMs);
    while (world.count("a") === 0 || world.count("b") === 0) engine.start(chatRequest(), { head, data() {}, end() {} });
    world.answer("a", 429, 5_000);
    world.answer("b", 429, 20_000);
    expect(wishes.at(-1)).toBeGreaterThan(4_000);
    expect(wishes.at(-1)).toBeLessThanOrEqual(5_000);
  });

  it("are found while it runs: new ones are used, those that left finish what they have", async () => {
    const world = servers();
    let listed = ["a"];
    const engine = pool(world, async () => listed, 10);
    const early = observe(engine, chatRequest());
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(world.count("a")).toBe(1);
    listed = ["b"];
    await new Promise((resolve) => setTimeout(resolve, 30));
    observe(engine, chatRequest());
    expect(world.count("b")).toBe(1);
    expect(world.closed).toEqual([]);
    world.answer("a");
    expect(await early.ended).toBeNull();
    expect(world.closed).toEqual(["a"]);
    // A name server that is away changes nothing.
    listed = [];
    await new Promise((resolve) => setTimeout(resolve, 30));
    observe(engine, chatRequest());
    expect(world.count("b")).toBe(2);
    await engine.close();
  });

  it("are known as well as the least known of them", () => {
    const world = servers();
    const engine = pool(world, () => ["a", "b"]);
    const load = { ...unknownSignals, source: "scrape" as const, atMs: 5, waitingRequests: 2, drainMs: 30 };
    world.loads.set("a", load);
    expect(engine.signals().source).toBe("none");
    world.loads.set("b", { ...load, atMs: 3, waitingRequests: 1, drainMs: 10 });
    expect(engine.signals()).toMatchObject({ source: "scrape", atMs: 3, waitingRequests: 3, drainMs: 10 });
  });
});
