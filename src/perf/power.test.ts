import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { runs } from "../../test/laws/runs.ts";
import { accelerators } from "../catalog/index.ts";
import { readMeasuredRuns } from "./read-measured-runs.ts";
import { stepMs, type Replica } from "./replica.ts";
import { compileReplica } from "./compile-replica.ts";
import { drawnMsPerRequest } from "./request-draw.ts";
import { saturationPerS } from "./load-point.ts";
import { drawnMs } from "./step-draw.ts";

/** One accelerator with vLLM. */
function replicaOf(accelerator: string, model: string, precision: string): Replica {
  const rows = readMeasuredRuns(
    `engine,accelerator,tensorParallel,model,precision,inputTokens,outputTokens,concurrency,ttftMs,tpotMs\n` +
      `vllm,${accelerator},1,${model},${precision},1000,100,1,10,10\n`,
  );
  if (!rows.ok) throw new Error(rows.message);
  return compileReplica(rows.rows[0]!.spec!)!;
}

function drawnOf(replica: Replica, ...step: [number, number, number, number]): number {
  return drawnMs(stepMs({ ...replica, ...replica.draw }, ...step), stepMs(replica, ...step));
}

interface MeasuredPass {
  readonly load: string;
  readonly model: string;
  readonly precision: string;
  readonly batch: number;
  readonly context: number;
  readonly chunk: number;
  readonly watts: number;
  readonly perS: number;
  readonly passesPerRound: number;
}

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

describe("energy of a step", () => {
  const passes = readFileSync(new URL("../../bench/accelerator/h200-sxm.jsonl", import.meta.url), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as MeasuredPass)
    .filter((row) => row.load === "pass");
  const [idleWatts, fullWatts] = [120, 700];

  it("is what a measured card takes, from one sequence to 256, of dense models and of experts", () => {
    const decoding = passes.filter((pass) => pass.chunk === 0);
    expect(decoding.length).toBeGreaterThan(25);
    const errors = decoding.map(({ model, precision, batch, context, watts, perS, passesPerRound }) => {
      const replica = replicaOf("h200-sxm", model, precision);
      const lastsMs = stepMs(replica, batch, batch * context, 0, 0);
      const joules =
        (idleWatts * lastsMs + (fullWatts - idleWatts) * drawnOf(replica, batch, batch * context, 0, 0)) / 1e3;
      return Math.abs(joules / (watts / perS / passesPerRound) - 1);
    });
    expect(median(errors)).toBeLessThan(0.08);
    expect(Math.max(...errors)).toBeLessThan(0.28);
  });

  it("rises with the sequences of a step far less than their number, as on a card that no fit saw", () => {
    const replica = replicaOf("h100-sxm", "llama-3.1-8b", "bf16");
    // One H100 SXM, decision record 17: W while decoding so many sequences of 1,024 tokens; 128 W idle.
    for (const [batch, watts] of [
      [1, 437],
      [32, 589],
      [128, 689],
    ] as const) {
      const step = [batch, batch * 1024, 0, 0] as const;
      const predicted = 128 + (700 - 128) * (drawnOf(replica, ...step) / stepMs(replica, ...step));
      expect(Math.abs(predicted / watts - 1)).toBeLessThan(0.12);
    }
  });

  it("lies between idling and full load, and prompts take all of it", () => {
    const chips = Object.keys(accelerators);
    const law = fc.property(
      fc.constantFrom(...chips),
      fc.constantFrom("bf16", "fp8"),
      fc.nat(300),
      fc.nat(20_000),
      fc.nat(8192),
      (chip, precision, batch, context, prompt) => {
        let replica: Replica | null = null;
        try {
          replica = replicaOf(chip, "llama-3.1-8b", precision);
        } catch {
          // A chip too small for the model.
        }
        if (replica === null) return;
        const step = [batch, batch * context, prompt, (prompt * prompt) / 2] as const;
        const drawn = drawnOf(replica, ...step);
        expect(drawn).toBeGreaterThan(0);
        expect(drawn).toBeLessThanOrEqual(stepMs(replica, ...step));
      },
    );
    fc.assert(law, { numRuns: runs(200) });
    const replica = replicaOf("h200-sxm", "llama-3.1-8b", "bf16");
    expect(drawnOf(replica, 0, 0, 8192, 8192 ** 2 / 2)).toBe(stepMs(replica, 0, 0, 8192, 8192 ** 2 / 2));
  });
});

describe("energy of a request", () => {
  const shapes = fc.record({
    inputMean: fc.integer({ min: 16, max: 8000 }),
    inputCv: fc.constantFrom(0, 0.5, 1.5),
    outputMean: fc.integer({ min: 2, max: 1500 }),
    outputCv: fc.constantFrom(0, 1),
    prefixHitRatio: fc.constantFrom(0, 0.5, 0.9),
  });
  const engines = [
    replicaOf("h200-sxm", "qwen3-30b-a3b", "fp8"),
    replicaOf("h100-sxm", "llama-3.1-8b", "bf16"),
    replicaOf("l4", "llama-3.1-8b", "fp8"),
  ];

  it("falls with the engine's load, while that of all requests rises, within a few per cent, and stays below full load", () => {
    const law = fc.property(fc.constantFrom(...engines), shapes, (replica, shape) => {
      const most = saturationPerS(replica, shape);
      if (most === 0) return;
      let [each, all] = [Infinity, 0];
      for (const load of [0.001, 0.01, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8]) {
        const drawn = drawnMsPerRequest(replica, shape, load * most);
        expect(drawn).toBeLessThanOrEqual(each * 1.01);
        expect(drawn * load * most).toBeGreaterThanOrEqual(all * 0.93);
        expect((drawn * load * most) / 1e3).toBeLessThanOrEqual(1 + 1e-9);
        [each, all] = [drawn, drawn * load * most];
      }
    });
    fc.assert(law, { numRuns: runs(200) });
  });

  it("is nothing where a request does not fit", () => {
    const shape = { inputMean: 1e7, inputCv: 0, outputMean: 10, outputCv: 0, prefixHitRatio: 0 };
    expect(drawnMsPerRequest(engines[0]!, shape, 1)).toBe(0);
  });
});
