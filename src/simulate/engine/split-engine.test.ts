import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { acceleratorOf, accelerators, engineProfiles, modelOf, models } from "../../catalog/index.ts";
import {
  acceleratorsOf,
  compileReplica,
  engineSpec,
  loadPoint,
  saturationPerS,
  type Replica,
} from "../../perf/index.ts";
import { engineCosts, type EngineCosts } from "./engine-costs.ts";
import { Engine } from "./engine.ts";
import { RandomStream } from "../chance/random.ts";
import { RequestTable } from "./request-table.ts";
import { SplitEngine } from "./split-engine.ts";

const shape = { inputMean: 2000, inputCv: 0.5, outputMean: 250, outputCv: 0.5, prefixHitRatio: 0 };

function replicaOf(split: { prefillUnits: number; decodeUnits: number; transferGBps?: number } | null): Replica {
  const spec = engineSpec({
    accelerator: acceleratorOf("h100-sxm", accelerators["h100-sxm"]),
    accelerators: split ? split.prefillUnits + split.decodeUnits : 1,
    model: modelOf("llama-3.1-8b", models["llama-3.1-8b"]),
    engine: { ...engineProfiles.vllm, ...(split && { split }) },
    weightPrecision: "fp8",
    kvPrecision: "fp8",
  });
  return compileReplica(spec!)!;
}

interface Job {
  readonly atMs: number;
  readonly input: number;
  readonly output: number;
}

interface Outcome {
  readonly serial: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cachedTokens: number;
  readonly readyMs: number;
  readonly firstTokenMs: number;
  readonly finishedMs: number;
}

function serve(costs: EngineCosts, jobs: readonly Job[], options: { maxRunSteps?: number; lookEveryMs?: number } = {}) {
  const table = new RequestTable();
  const outcomes: Outcome[] = [];
  const listener = {
    finished(request: number, finishedMs: number) {
      const figure = (name: "serial" | "readyMs" | "firstTokenMs") => table.floatOf(request, name);
      const count = (name: "inputTokens" | "outputTokens" | "cachedTokens") => table.intOf(request, name);
      outcomes.push({
        serial: figure("serial"),
        inputTokens: count("inputTokens"),
        outputTokens: count("outputTokens"),
        cachedTokens: count("cachedTokens"),
        readyMs: figure("readyMs"),
        firstTokenMs: figure("firstTokenMs"),
        finishedMs,
      });
      table.release(request);
    },
  };
  const engine = costs.split
    ? new SplitEngine(costs, table, listener, options.maxRunSteps)
    : new Engine(costs, table, listener, options.maxRunSteps);
  let lookedMs = 0;
  for (const [serial, job] of jobs.entries()) {
    const every = options.lookEveryMs ?? 0;
    for (; every > 0 && lookedMs < job.atMs; lookedMs += every) {
      engine.advance(lookedMs);
      engine.drainMs(lookedMs);
    }
    const request = table.take();
    table.setFloat(request, "serial", serial);
    table.setFloat(request, "readyMs", job.atMs);
    table.setInt(request, "inputTokens", job.input);
    table.setInt(request, "outputTokens", job.output);
    table.setInt(request, "cachedTokens", 0);
    engine.advance(job.atMs);
    engine.enqueue(request);
  }
  engine.advance(Number.MAX_VALUE);
  return { outcomes, engine, table };
}

const jobs = fc
  .array(
    fc.record({
      gapMs: fc.integer({ min: 0, max: 60 }),
      input: fc.integer({ min: 1, max: 900 }),
      output: fc.integer({ min: 1, max: 60 }),
    }),
    { minLength: 1, maxLength: 40 },
  )
  .map((list) => {
    let atMs = 0;
    return list.map(({ gapMs, input, output }): Job => ({ atMs: (atMs += gapMs), input, output }));
  });
const splits = fc.constantFrom(
  { prefillUnits: 1, decodeUnits: 1 },
  { prefillUnits: 1, decodeUnits: 3 },
  { prefillUnits: 2, decodeUnits: 2 },
);
/** Memory for a few requests only, so that some wait and some are sent back. */
const small = (costs: EngineCosts): EngineCosts => ({
  ...costs,
  kvBlocks: 120,
  maxSequences: 8,
  maxRequestTokens: 1000,
});

describe("an engine whose prompts and answers run apart", () => {
  it("takes the accelerators of all its units", () => {
    expect(acceleratorsOf(replicaOf({ prefillUnits: 1, decodeUnits: 3 }).spec)).toBe(4);
    expect(acceleratorsOf(replicaOf(null).spec)).toBe(1);
  });

  it("answers every request once, whole, in the order of time, and gives every block back", () => {
    fc.assert(
      fc.property(jobs, splits, (list, split) => {
        const { outcomes, engine, table } = serve(small(engineCosts(replicaOf(split), 1)), list);
        expect(outcomes.map(({ serial }) => serial).toSorted((a, b) => a - b)).toEqual([...list.keys()]);
        expect([table.inUse, engine.requests, engine.usedBlocks]).toEqual([0, 0, 0]);
        let beforeMs = 0;
        for (const { serial, inputTokens, outputTokens, cachedTokens, readyMs, firstTokenMs, finishedMs } of outcomes) {
          const { input, output, atMs } = list[serial]!;
          expect([inputTokens, outputTokens, cachedTokens, readyMs]).toEqual([input, output, 0, atMs]);
          expect(firstTokenMs).toBeGreaterThan(atMs);
          expect(finishedMs).toBeGreaterThanOrEqual(Math.max(firstTokenMs, beforeMs));
          beforeMs = finishedMs;
        }
      }),
    );
  });

  it("computed step by step gives the same times within 1e-9 s, and looking changes no bit", () => {
    fc.assert(
      fc.property(jobs, splits, fc.constantFrom(0.7, 13), (list, split, lookEveryMs) => {
        const costs = small(engineCosts(replicaOf(split), 1));
        const { outcomes } = serve(costs, list);
        const stepped = serve(costs, list, { maxRunSteps: 1 }).outcomes;
        const bySerial = new Map(stepped.map((outcome) => [outcome.serial, outcome]));
        for (const { serial, firstTokenMs, finishedMs } of outcomes) {
          expect(Math.abs(bySerial.get(serial)!.firstTokenMs - firstTokenMs)).toBeLessThan(1e-6);
          expect(Math.abs(bySerial.get(serial)!.finishedMs - finishedMs)).toBeLessThan(1e-6);
        }
        expect(serve(costs, list, { lookEveryMs }).outcomes).toEqual(outcomes);
      }),
    );
  });

  it("copies caches one after the other: a slow link delays the second token and not the first", () => {
    const list = [0, 1, 2].map((atMs): Job => ({ atMs, input: 800, output: 20 }));
    const at = (transferGBps: number) =>
      serve(engineCosts(replicaOf({ prefillUnits: 1, decodeUnits: 1, transferGBps }), 1), list).outcomes.toSorted(
        (a, b) => a.serial - b.serial,
      );
    const [fast, slow] = [at(1000), at(0.5)];
    const copyMs = (800 * 65_536) / 0.5e6;
    for (const [serial, outcome] of slow.entries()) {
      expect(outcome.firstTokenMs).toBe(fast[serial]!.firstTokenMs);
      expect(outcome.finishedMs - outcome.firstTokenMs).toBeGreaterThan(copyMs);
    }
    expect(slow[2]!.finishedMs - slow[0]!.firstTokenMs).toBeGreaterThan(3 * copyMs);
  });

  it("loses all it holds in a crash, each request as it came", () => {
    const { table, engine } = serve(engineCosts(replicaOf({ prefillUnits: 1, decodeUnits: 1 }), 1), []);
    for (const [serial, atMs] of [0, 5, 60].entries()) {
      const request = table.take();
      table.setFloat(request, "serial", serial);
      table.setFloat(request, "readyMs", atMs);
      table.setInt(request, "inputTokens", 500);
      table.setInt(request, "outputTokens", 500);
      table.setInt(request, "cachedTokens", 0);
      engine.advance(atMs);
      engine.enqueue(request);
    }
    const lost: number[] = [];
    engine.fail(61, (request) => lost.push(table.intOf(request, "inputTokens"), table.intOf(request, "outputTokens")));
    expect(lost).toEqual([500, 500, 500, 500, 500, 500]);
    expect([engine.requests, engine.usedBlocks, engine.nextChangeMs]).toEqual([0, 0, Infinity]);
  });
});

/** Means over requests that come at random, the first tenth left out. */
function steady(replica: Replica, perS: number) {
  const random = new RandomStream(7, "split");
  const length = (mean: number, cv: number) => {
    const sigma = Math.sqrt(Math.log1p(cv * cv));
    return Math.max(1, Math.round(mean * Math.exp(sigma * random.normal() - sigma ** 2 / 2)));
  };
  let atMs = 0;
  const list = Array.from({ length: 12_000 }, (): Job => {
    atMs += (random.exponential() / perS) * 1000;
    return { atMs, input: length(shape.inputMean, shape.inputCv), output: length(shape.outputMean, shape.outputCv) };
  });
  const kept = serve(engineCosts(replica, 1), list).outcomes.filter(({ serial }) => serial >= list.length / 10);
  const sum = (of: (outcome: Outcome) => number) => kept.reduce((total, outcome) => total + of(outcome), 0);
  return {
    ttftMs: sum(({ firstTokenMs, readyMs }) => firstTokenMs - readyMs) / kept.length + replica.requestOverheadMs,
    tpotMs:
      sum(({ firstTokenMs, finishedMs }) => finishedMs - firstTokenMs) / sum(({ outputTokens }) => outputTokens - 1),
  };
}

describe("the closed form of an engine whose prompts and answers run apart", () => {
  it.each([
    ["one unit each", { prefillUnits: 1, decodeUnits: 1 }],
    ["one for prompts, three for answers", { prefillUnits: 1, decodeUnits: 3 }],
    ["a slow link", { prefillUnits: 1, decodeUnits: 1, transferGBps: 5 }],
    ["two of each", { prefillUnits: 2, decodeUnits: 2 }],
  ])("%s: agrees with the simulated engine", (_what, split) => {
    const replica = replicaOf(split);
    for (const load of [0.3, 0.6]) {
      const perS = load * saturationPerS(replica, shape);
      const point = loadPoint(replica, shape, perS);
      const engine = steady(replica, perS);
      expect(Math.abs(engine.tpotMs / point.tpotMs - 1), `time per token at ${load}`).toBeLessThan(0.05);
      expect(Math.abs(engine.ttftMs / point.ttftMeanMs - 1), `first token at ${load}`).toBeLessThan(0.1);
    }
  });

  it("steadies the time per token where prompts would interrupt it, at the price of waiting for the prefill unit", () => {
    const [whole, apart] = [replicaOf(null), replicaOf({ prefillUnits: 1, decodeUnits: 1 })];
    const perS = 0.7 * saturationPerS(whole, shape);
    // Two whole engines share the load that the split one, of as many accelerators, carries alone.
    expect(steady(apart, 2 * perS).tpotMs).toBeLessThan(steady(whole, perS).tpotMs);
  });
});
