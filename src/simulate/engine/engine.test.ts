import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { EngineCosts } from "./engine-costs.ts";
import { Engine } from "./engine.ts";
import { RequestTable } from "./request-table.ts";
import { runs } from "../../../test/laws/runs.ts";

const costs: EngineCosts = {
  baseMs: 5,
  batchMs: null,
  perSequenceMs: 0.03,
  perContextTokenMs: 0.0001,
  perPrefillTokenMs: 0.02,
  perTokenPairMs: 1e-7,
  requestOverheadMs: 0,
  maxSequences: 8,
  maxBatchedTokens: 256,
  kvBlocks: 1000,
  kvBlockTokens: 16,
  maxRequestTokens: 16_000,
};

/** Steps of few sequences ask for less than they last, those with prompts for more. */
const draw: EngineCosts["draw"] = {
  baseMs: 2.5,
  batchMs: null,
  perSequenceMs: 0.05,
  perContextTokenMs: 0.00045,
  perPrefillTokenMs: 0.05,
  perTokenPairMs: 1e-7,
};

interface Job {
  readonly atMs: number;
  readonly input: number;
  readonly output: number;
  readonly cached?: number;
}

interface Outcome {
  readonly serial: number;
  readonly firstTokenMs: number;
  readonly finishedMs: number;
  readonly preemptions: number;
}

function serve(jobs: readonly Job[], changes: Partial<EngineCosts> = {}, maxRunSteps?: number, lookEveryMs = 0) {
  const table = new RequestTable();
  const outcomes: Outcome[] = [];
  const engine = new Engine(
    { ...costs, ...changes },
    table,
    {
      finished(request, finishedMs) {
        outcomes.push({
          serial: table.floatOf(request, "serial"),
          firstTokenMs: table.floatOf(request, "firstTokenMs"),
          finishedMs,
          preemptions: table.intOf(request, "preemptions"),
        });
        table.release(request);
      },
    },
    maxRunSteps,
  );
  let lookedMs = 0;
  for (const [serial, job] of jobs.entries()) {
    for (; lookEveryMs > 0 && lookedMs < job.atMs; lookedMs += lookEveryMs) {
      engine.advance(lookedMs);
      engine.drainMs(lookedMs);
    }
    engine.advance(job.atMs);
    const request = table.take();
    table.setFloat(request, "serial", serial);
    table.setInt(request, "inputTokens", job.input);
    table.setInt(request, "outputTokens", job.output);
    table.setInt(request, "cachedTokens", job.cached ?? 0);
    table.setFloat(request, "readyMs", job.atMs);
    engine.enqueue(request);
  }
  engine.advance(Number.MAX_VALUE);
  return { engine, table, outcomes };
}

const jobs = fc
  .array(
    fc.record({
      gapMs: fc.double({ min: 0, max: 200, noNaN: true }),
      input: fc.integer({ min: 1, max: 900 }),
      output: fc.integer({ min: 1, max: 200 }),
      cachedShare: fc.constantFrom(0, 0, 0.5),
    }),
    { minLength: 1, maxLength: 60 },
  )
  .map((rows) => {
    let atMs = 0;
    return rows.map(({ gapMs, input, output, cachedShare }): Job => {
      atMs += gapMs;
      return { atMs, input, output, cached: Math.floor((input - 1) * cachedShare) };
    });
  });

describe("Engine", () => {
  it("serves one request as one prefill step and one step per further token", () => {
    const { outcomes } = serve([{ atMs: 10, input: 100, output: 3 }]);
    const prefillMs = 5 + 100 * 0.02 + (100 * 100) / 2 / 1e7;
    const decodeMs = 5 + 0.03 + 101 * 0.0001 + (5 + 0.03 + 102 * 0.0001);
    expect(outcomes[0]!.firstTokenMs).toBeCloseTo(10 + prefillMs, 9);
    expect(outcomes[0]!.finishedMs).toBeCloseTo(10 + prefillMs + decodeMs, 9);
  });

  it("cuts a prompt above the token budget into chunks", () => {
    const { outcomes } = serve([{ atMs: 0, input: 600, output: 1 }]);
    const pairs = 256 * 128 + 256 * (256 + 128) + 88 * (512 + 44);
    expect(outcomes[0]!.finishedMs).toBeCloseTo(3 * 5 + 600 * 0.02 + pairs * 1e-7, 9);
  });

  it("computes only what the prefix cache does not hold", () => {
    const whole = serve([{ atMs: 0, input: 200, output: 1 }]).outcomes[0]!;
    const cached = serve([{ atMs: 0, input: 200, output: 1, cached: 150 }]).outcomes[0]!;
    expect(whole.finishedMs - cached.finishedMs).toBeCloseTo(150 * 0.02 + (200 * 100 - 50 * 175) * 1e-7, 9);
  });

  it("gives every decoding sequence a token while another prompt is computed", () => {
    const alone = serve([{ atMs: 0, input: 10, output: 40 }]).outcomes[0]!;
    const shared = serve([
      { atMs: 0, input: 10, output: 40 },
      { atMs: 50, input: 2000, output: 1 },
    ]).outcomes;
    const first = shared.find((outcome) => outcome.serial === 0)!;
    expect(first.finishedMs).toBeGreaterThan(alone.finishedMs);
    // Nine steps carry a chunk of the long prompt: each is longer by at most the price of a full budget.
    expect(first.finishedMs - alone.finishedMs).toBeLessThan(9 * (256 * 0.02 + 256 * 2000 * 1e-7));
  });

  it("sends the request admitted last back when memory runs out, and serves all of them in the end", () => {
    const many = Array.from({ length: 8 }, (): Job => ({ atMs: 0, input: 64, output: 300 }));
    const { outcomes, engine } = serve(many, { kvBlocks: 60, maxRequestTokens: 960 });
    expect(outcomes).toHaveLength(8);
    expect(engine.preemptions).toBeGreaterThan(0);
    expect(engine.recomputedTokens).toBeGreaterThan(0);
    expect(outcomes.find((outcome) => outcome.serial === 0)!.preemptions).toBe(0);
    expect(engine.usedBlocks).toBe(0);
  });

  it("gives the same times whether it jumps or computes every step, within a nanosecond", () => {
    fc.assert(
      fc.property(jobs, fc.constantFrom(1000, 120), (list, kvBlocks) => {
        const memory = { kvBlocks, maxRequestTokens: kvBlocks * 16, draw };
        const jumping = serve(list, memory);
        const stepping = serve(list, memory, 1);
        const drawn = jumping.engine.drawnMs(Number.MAX_VALUE);
        expect(Math.abs(drawn - stepping.engine.drawnMs(Number.MAX_VALUE))).toBeLessThan(1e-6);
        const busyMs = jumping.engine.busyMs(Number.MAX_VALUE);
        // Prompts take all there is, unless they are of a few tokens; an answer of one token is there with its prompt.
        if (list.some(({ output }) => output > 1)) expect(drawn).toBeLessThan(busyMs);
        else if (list.length === 1 && list[0]!.input - (list[0]!.cached ?? 0) >= 100 && list[0]!.input <= 256) {
          expect(drawn).toBeCloseTo(busyMs, 6);
        } else expect(drawn).toBeLessThan(busyMs + 1e-6);
        expect(jumping.outcomes.map((o) => o.serial)).toEqual(stepping.outcomes.map((o) => o.serial));
        for (const [i, outcome] of jumping.outcomes.entries()) {
          expect(Math.abs(outcome.finishedMs - stepping.outcomes[i]!.finishedMs)).toBeLessThan(1e-6);
          expect(Math.abs(outcome.firstTokenMs - stepping.outcomes[i]!.firstTokenMs)).toBeLessThan(1e-6);
          expect(outcome.preemptions).toBe(stepping.outcomes[i]!.preemptions);
        }
      }),
    );
  });

  const features = fc.record({
    kvBlocks: fc.constantFrom(1000, 120),
    tokensPerStep: fc.constantFrom(1, 1.8125, 2, 2.5, 3.9375),
    stages: fc.constantFrom(1, 2, 4),
    perExpertMs: fc.constantFrom(0, 3),
  });

  it("does so with drafts, pipelines, experts and too little memory at once", () => {
    fc.assert(
      fc.property(jobs, features, (list, { kvBlocks, tokensPerStep, stages, perExpertMs }) => {
        const changes: Partial<EngineCosts> = {
          kvBlocks,
          maxRequestTokens: kvBlocks * 16 - Math.ceil(tokensPerStep - 1),
          tokensPerStep,
          tokensPerSequence: Math.ceil(tokensPerStep),
          ...(stages > 1 && { stages }),
          draw: { ...draw, batchMs: perExpertMs > 0 ? (tokens) => perExpertMs * (1 - 0.9 ** tokens) : null },
          batchMs: perExpertMs > 0 ? (tokens) => perExpertMs * (1 - 0.9 ** tokens) : null,
        };
        const jumping = serve(list, changes);
        const stepping = serve(list, changes, 1);
        expect(jumping.outcomes.map((o) => o.serial)).toEqual(stepping.outcomes.map((o) => o.serial));
        for (const [i, outcome] of jumping.outcomes.entries()) {
          expect(Math.abs(outcome.finishedMs - stepping.outcomes[i]!.finishedMs)).toBeLessThan(1e-6);
          expect(Math.abs(outcome.firstTokenMs - stepping.outcomes[i]!.firstTokenMs)).toBeLessThan(1e-6);
          expect(outcome.preemptions).toBe(stepping.outcomes[i]!.preemptions);
        }
        const [drawn, stepped] = [jumping, stepping].map(({ engine }) => engine.drawnMs(Number.MAX_VALUE));
        expect(Math.abs(drawn! - stepped!)).toBeLessThan(1e-6);
        expect(jumping.engine.usedBlocks).toBe(0);
        expect(jumping.outcomes).toHaveLength(list.length);
      }),
      { numRuns: runs(300) },
    );
  });

  it("needs fewer steps when a draft is right, and pays for the tokens it checks", () => {
    const plain = serve([{ atMs: 0, input: 100, output: 101 }]).outcomes[0]!;
    const drafted = serve([{ atMs: 0, input: 100, output: 101 }], { tokensPerStep: 2.5, tokensPerSequence: 4 })
      .outcomes[0]!;
    expect(drafted.firstTokenMs).toBe(plain.firstTokenMs);
    // 100 tokens after the first are 40 steps of 2.5.
    expect(drafted.finishedMs - drafted.firstTokenMs).toBeCloseTo(
      40 * (5 + 0.03) + 0.0001 * (40 * 101 + (2.5 * 40 * 39) / 2),
      9,
    );
  });

  it("runs prompts of one step side by side in the stages of a pipeline, but not one prompt", () => {
    const costOf = (list: Job[], stages: number) =>
      Math.max(
        ...serve(list, { stages, maxBatchedTokens: 4096, perTokenPairMs: 0 }).outcomes.map((o) => o.firstTokenMs),
      );
    const one: Job[] = [{ atMs: 0, input: 400, output: 1 }];
    const four = Array.from({ length: 4 }, (): Job => ({ atMs: 0, input: 400, output: 1 }));
    // All four are there when the engine begins: the first to come is not alone in the step.
    const together = [{ atMs: 0, input: 1, output: 1 }, ...four.map((job) => ({ ...job, atMs: 1 }))];
    expect(costOf(one, 4)).toBeCloseTo(5 + 400 * 0.02, 9);
    expect(costOf(together, 1)).toBeCloseTo(5 + 0.02 + 5 + 1600 * 0.02, 9);
    expect(costOf(together, 4)).toBeCloseTo(5 + 0.02 + 5 + 400 * 0.02, 9);
  });

  it("does not change a bit when somebody looks at it in between", () => {
    fc.assert(
      fc.property(jobs, fc.constantFrom(0.7, 13, 170), (list, lookEveryMs) => {
        expect(serve(list, {}, undefined, lookEveryMs).outcomes).toEqual(serve(list).outcomes);
      }),
    );
  });

  it("lets go of every request and every block", () => {
    fc.assert(
      fc.property(jobs, fc.constantFrom(1000, 120), (list, kvBlocks) => {
        const { engine, table, outcomes } = serve(list, { kvBlocks, maxRequestTokens: kvBlocks * 16 });
        expect(outcomes).toHaveLength(list.length);
        expect(engine.requests).toBe(0);
        expect(engine.usedBlocks).toBe(0);
        expect(table.inUse).toBe(0);
        expect(engine.drainMs(Number.MAX_VALUE)).toBe(0);
      }),
    );
  });

  it("loses everything in a crash and works again afterwards", () => {
    const table = new RequestTable();
    const finished: number[] = [];
    const engine = new Engine(costs, table, { finished: (request) => finished.push(request) });
    const put = (atMs: number) => {
      const request = table.take();
      table.setInt(request, "inputTokens", 300);
      table.setInt(request, "outputTokens", 50);
      table.setInt(request, "cachedTokens", 0);
      table.setFloat(request, "readyMs", atMs);
      engine.advance(atMs);
      engine.enqueue(request);
      return request;
    };
    const before = [put(0), put(1), put(30)];
    const lost: number[] = [];
    engine.fail(60, (request) => lost.push(request));
    expect(new Set(lost)).toEqual(new Set(before));
    expect(engine.requests).toBe(0);
    const after = put(500);
    engine.advance(5000);
    expect(finished).toEqual([after]);
    expect(engine.usedBlocks).toBe(0);
  });

  it("keeps nothing of a request that another engine had sent back to its queue before it failed", () => {
    const table = new RequestTable();
    const firsts: number[] = [];
    const listener = {
      finished: (request: number) => void firsts.push(table.floatOf(request, "firstTokenMs")),
    };
    // Blocks for the first request alone: while it grows, the second is sent back in the middle of its prompt.
    const small = { ...costs, kvBlocks: 60, maxBatchedTokens: 32 };
    const [one, other] = [
      new Engine(small, table, listener),
      new Engine({ ...small, kvBlocks: 1000 }, table, listener),
    ];
    const send = (engine: Engine, input: number, output: number, readyMs: number): number => {
      const request = table.take();
      table.setInt(request, "inputTokens", input);
      table.setInt(request, "outputTokens", output);
      table.setInt(request, "cachedTokens", 0);
      table.setFloat(request, "readyMs", readyMs);
      engine.enqueue(request);
      return request;
    };
    send(one, 64, 400, 0);
    one.advance(20);
    const second = send(one, 875, 2, 20);
    while (table.intOf(second, "preemptions") === 0 && one.nextChangeMs < Infinity) one.advance(one.nextChangeMs);
    expect(table.intOf(second, "preemptions")).toBe(1);
    expect(table.intOf(second, "keptTokens")).toBeGreaterThan(0);
    const failedMs = one.nextChangeMs;
    one.fail(failedMs, () => undefined);
    table.setFloat(second, "scheduledMs", Number.NaN);
    table.setFloat(second, "readyMs", failedMs);
    firsts.length = 0;
    other.enqueue(second);
    other.advance(1e9);
    const fresh = new Engine({ ...small, kvBlocks: 1000 }, table, listener);
    send(fresh, 875, 2, failedMs);
    fresh.advance(1e9);
    expect(firsts[0]).toBeCloseTo(firsts[1]!, 9);
    expect(other.recomputedTokens).toBe(0);
  });

  it("counts of the steps under way the time that has passed", () => {
    const table = new RequestTable();
    const engine = new Engine(costs, table, { finished: (request) => table.release(request) });
    const request = table.take();
    table.setInt(request, "inputTokens", 100);
    table.setInt(request, "outputTokens", 1000);
    table.setInt(request, "cachedTokens", 0);
    table.setFloat(request, "readyMs", 1000);
    engine.enqueue(request);
    for (const nowMs of [500, 1000, 2000, 4000]) {
      engine.advance(nowMs);
      expect(engine.busyMs(nowMs)).toBeCloseTo(Math.max(0, nowMs - 1000), 6);
    }
    engine.advance(1e9);
    expect(engine.busyMs(1e9)).toBeCloseTo(engine.busyMs(1e6), 9);
    expect(engine.busyMs(1e9)).toBeGreaterThan(5000);
  });

  it("draws in every moment what its steps do, whether it jumps or computes every step", () => {
    const begin = (maxRunSteps?: number) => {
      const table = new RequestTable();
      const finished = (request: number) => table.release(request);
      const engine = new Engine({ ...costs, draw }, table, { finished }, maxRunSteps);
      for (const [input, output] of [
        [400, 900],
        [50, 300],
        [700, 1200],
      ] as const) {
        const request = table.take();
        table.setInt(request, "inputTokens", input);
        table.setInt(request, "outputTokens", output);
        table.setInt(request, "cachedTokens", 0);
        table.setFloat(request, "readyMs", 10);
        engine.enqueue(request);
      }
      return engine;
    };
    const [jumping, stepping] = [begin(), begin(1)];
    let before = 0;
    for (let nowMs = 0; nowMs < 9000; nowMs += 37.3) {
      jumping.advance(nowMs);
      stepping.advance(nowMs);
      const drawn = jumping.drawnMs(nowMs);
      expect(Math.abs(drawn - stepping.drawnMs(nowMs))).toBeLessThan(1e-6);
      expect(drawn).toBeGreaterThanOrEqual(before);
      expect(drawn - before).toBeLessThanOrEqual(37.3 + 1e-6);
      before = drawn;
    }
    expect(before).toBeGreaterThan(0.4 * jumping.busyMs(9000));
    // Without figures of their own all steps run at full load.
    const { engine } = serve([{ atMs: 5, input: 300, output: 70 }]);
    expect(engine.drawnMs(1e9)).toBeCloseTo(engine.busyMs(1e9), 9);
  });

  it("stretches the steps of a slow engine", () => {
    const table = new RequestTable();
    let finishedMs = 0;
    const engine = new Engine(costs, table, {
      finished: (_, timeMs) => {
        finishedMs = timeMs;
      },
    });
    engine.setSlowdown(3, 0);
    const request = table.take();
    table.setInt(request, "inputTokens", 100);
    table.setInt(request, "outputTokens", 20);
    table.setFloat(request, "readyMs", 0);
    engine.enqueue(request);
    engine.advance(1e6);
    expect(finishedMs).toBeCloseTo(3 * serve([{ atMs: 0, input: 100, output: 20 }]).outcomes[0]!.finishedMs, 6);
  });

  it("knows of a request that has it to itself, at any moment and whatever comes between, what every step computed says", () => {
    const disturbances = fc.record({
      what: fc.constantFrom("nothing", "slow", "fail", "another"),
      atMs: fc.double({ min: 0, max: 400, noNaN: true }),
      input: fc.integer({ min: 1, max: 256 }),
      output: fc.integer({ min: 1, max: 60 }),
      cached: fc.integer({ min: 0, max: 255 }),
      lookEveryMs: fc.constantFrom(0, 3, 41),
    });
    const play = ({ what, atMs, input, output, cached, lookEveryMs }: Disturbance, maxRunSteps?: number) => {
      const table = new RequestTable();
      const ends: number[] = [];
      const finished = (request: number, timeMs: number) => {
        ends.push(request, table.floatOf(request, "scheduledMs"), table.floatOf(request, "firstTokenMs"), timeMs);
      };
      const engine = new Engine({ ...costs, draw }, table, { finished }, maxRunSteps);
      const send = (readyMs: number) => {
        const request = table.take();
        table.setInt(request, "inputTokens", input);
        table.setInt(request, "outputTokens", output);
        table.setInt(request, "cachedTokens", Math.min(cached, input - 1));
        table.setFloat(request, "readyMs", readyMs);
        engine.enqueue(request);
      };
      const seen: number[] = [];
      const look = (nowMs: number) => {
        engine.advance(nowMs);
        seen.push(engine.requests, engine.busyMs(nowMs), engine.drawnMs(nowMs));
      };
      engine.advance(0);
      send(10);
      for (let nowMs = 0; lookEveryMs > 0 && nowMs < atMs; nowMs += lookEveryMs) look(nowMs);
      look(atMs);
      if (what === "slow") engine.setSlowdown(3, atMs);
      if (what === "fail") engine.fail(atMs, (request) => ends.push(request));
      if (what === "another") send(Math.max(10, atMs + 1));
      for (let nowMs = atMs; nowMs < atMs + 400; nowMs += 13) look(nowMs);
      look(1e6);
      expect(engine.usedBlocks).toBe(0);
      return [...seen, ...ends];
    };
    fc.assert(
      fc.property(disturbances, (disturbance) => {
        const [jumping, stepping] = [play(disturbance), play(disturbance, 1)];
        expect(jumping).toHaveLength(stepping.length);
        for (const [i, figure] of jumping.entries()) expect(Math.abs(figure - stepping[i]!)).toBeLessThan(1e-6);
      }),
      { numRuns: runs(300) },
    );
  });
});

interface Disturbance {
  readonly what: string;
  readonly atMs: number;
  readonly input: number;
  readonly output: number;
  readonly cached: number;
  readonly lookEveryMs: number;
}
