import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { createHighsSolver } from "../../src/adapters/solver-highs/index.ts";
import { certify, recomputeBound } from "../../src/plan/bound/certificate.ts";
import { lagrangianBound } from "../../src/plan/bound/lagrangian.ts";
import { roomsOf } from "../../src/plan/engine/rooms.ts";
import { formulate } from "../../src/plan/problem/formulate.ts";
import { withImpliedLimits } from "../../src/plan/problem/implied-limits.ts";
import { continueModel } from "../../src/plan/problem/mip-builder.ts";
import type { EngineKind, EnginePlace, EngineSlots } from "../../src/plan/problem/engine-slots.ts";
import { checkSolution, type PlanProblem } from "../../src/plan/problem/problem.ts";
import { viewBySite } from "../../src/plan/problem/site-view.ts";
import { emptySolution } from "../../src/plan/problem/solution-path.ts";
import { solveDecomposed } from "../../src/plan/search/decomposed.ts";
import { solveExact } from "../../src/plan/search/exact.ts";
import { tinyProblem } from "../worlds/tiny-problem.ts";
import { runs } from "./runs.ts";

const solver = createHighsSolver();
afterAll(() => solver.close());
const tools = { solver, nowMs: () => 0 };
const proven = { relativeGap: 0, timeLimitS: 30, seed: 1 };
const models = 3;
const headroom = 0.8;
/** What modules that are whole only to the solver spare it. */
const solverSlackUsd = 1e-4;
const fits = (ratios: readonly number[]): boolean => ratios.reduce((sum, ratio) => sum + ratio, 0) <= 1 + 1e-9;

/** Subsets of a list. */
const subsets = <T>(all: readonly T[]): T[][] =>
  all.reduce<T[][]>((known, one) => [...known, ...known.map((some) => [...some, one])], [[]]);

interface Draw {
  readonly problem: PlanProblem;
  readonly modelOfRow: readonly number[];
  /** By place and model. */
  readonly ratios: readonly number[];
  readonly spans: readonly boolean[];
  readonly pairs: boolean;
}

/** Every pool that serves somebody is a place by itself, with servers of one accelerator, or of two that an engine may span. */
function withSlots({ problem, modelOfRow, ratios, spans, pairs }: Draw): PlanProblem {
  const { arcs } = problem;
  const serving = [...new Set(arcs.pool)].sort((a, b) => a - b);
  const kinds: EngineKind[] = [];
  const places = serving.map((pool, place): EnginePlace => {
    const accelerators = pairs ? 2 : 1;
    const own = Array.from({ length: models }, (_, model) => {
      const at = (place * models + model) % ratios.length;
      return { leastRatio: ratios[at]!, each: spans[at]! ? accelerators : 1 };
    });
    const rooms = roomsOf(own.map(({ leastRatio }) => leastRatio));
    const here = own.map(({ leastRatio, each }, model) => {
      const enginesPerLoad = (headroom * accelerators) / each;
      const kind = { place, model, accelerators: each, leastRatio, room: rooms[model]! * each, enginesPerLoad };
      return kinds.push(kind) - 1;
    });
    const isScarce = !fits(own.map(({ leastRatio }) => leastRatio));
    const roundingUp = own.reduce((sum, { each }) => sum + each / accelerators, 0);
    return { pools: [pool], accelerators, kinds: here, isScarce, roundingUp: isScarce ? roundingUp : 0 };
  });
  const rows = Int32Array.from({ length: problem.rows.count }, (_, row) => modelOfRow[row % modelOfRow.length]!);
  const kindOfArc = new Int32Array(arcs.pool.length);
  for (const [row, model] of rows.entries()) {
    for (let arc = arcs.starts[row]!; arc < arcs.starts[row + 1]!; arc++) {
      kindOfArc[arc] = places[serving.indexOf(arcs.pool[arc]!)]!.kinds[model]!;
    }
  }
  const engines: EngineSlots = { kindOfArc, modelOfRow: rows, modelCount: models, kinds, places };
  return { ...problem, engines };
}

/** The cheapest plan, with a choice of engines for every module of every place: nothing is derived, all is counted out. */
async function truthUsd(problem: PlanProblem): Promise<number> {
  const { arcs, pools, engines, sites } = problem;
  const most = Float64Array.from({ length: pools.count }, (_, pool) => {
    const byPower = pools.kw[pool]! > 0 ? Math.floor(sites.kw[pools.site[pool]!]! / pools.kw[pool]! + 1e-9) : Infinity;
    return Math.min(40, byPower, pools.maxCount[pool]!);
  });
  const { engines: _none, ...plain } = problem;
  const { model, moduleCol, firstArcCol } = formulate(plain, "all", most);
  const builder = continueModel(model);
  for (const { pools: own, accelerators, kinds } of engines!.places) {
    const ratio = (kind: number): number => engines!.kinds[kind]!.leastRatio;
    const wide = kinds.filter((kind) => engines!.kinds[kind]!.accelerators > 1);
    const narrow = kinds.filter((kind) => engines!.kinds[kind]!.accelerators === 1);
    const layouts: { col: number; engines: Map<number, number> }[] = [];
    for (const spanning of subsets(wide)) {
      const halves = subsets(narrow).filter((some) => fits([...spanning, ...some].map(ratio)));
      for (const first of halves) {
        for (const second of accelerators === 2 ? halves : [[]]) {
          const counts = new Map(spanning.map((kind) => [kind, 1]));
          for (const kind of [...first, ...second]) counts.set(kind, (counts.get(kind) ?? 0) + 1);
          layouts.push({ col: builder.addCol(0, 0, 40, true), engines: counts });
        }
      }
    }
    builder.addRow(-Infinity, 0);
    for (const { col } of layouts) builder.addEntry(col, 1);
    for (const pool of own) builder.addEntry(moduleCol[pool]!, -1);
    for (const kind of kinds) {
      const served = [...engines!.kindOfArc.keys()].filter((arc) => engines!.kindOfArc[arc] === kind);
      const within = (some: readonly number[], weight: (arc: number) => number): void => {
        builder.addRow(-Infinity, 0);
        for (const arc of some) builder.addEntry(firstArcCol + arc, weight(arc));
        for (const { col, engines: counts } of layouts) builder.addEntry(col, -(counts.get(kind) ?? 0));
      };
      within(served, (arc) => arcs.load[arc]! * engines!.kinds[kind]!.enginesPerLoad);
      for (const arc of served) within([arc], () => 1);
    }
  }
  const result = await solver.solve(builder.build(), { relativeGap: 0, timeLimitS: 30, seed: 1 });
  return result.objective;
}

/** Modules that stand idle to make room under a limit are no part of the model, so no limit asks for any here. */
const withoutRewards = tinyProblem.map((problem): PlanProblem => {
  const isReward = (weight: number): boolean => weight < 0;
  const limits = problem.limits.filter(
    ({ poolWeights, siteWeights }) => !poolWeights.some(isReward) && !siteWeights.some(isReward),
  );
  return { ...problem, limits };
});

const draws: fc.Arbitrary<Draw> = fc.record({
  problem: withoutRewards,
  modelOfRow: fc.array(fc.nat({ max: models - 1 }), { minLength: 3, maxLength: 6 }),
  ratios: fc.array(fc.constantFrom(0.1, 0.3, 0.4, 0.5, 0.6, 0.75, 1), { minLength: 5, maxLength: 7 }),
  spans: fc.array(fc.boolean(), { minLength: 7, maxLength: 7 }),
  pairs: fc.boolean(),
});

describe("engines of models that do not all fit together", () => {
  it("are never told to cost more than the cheapest plan with a layout of every module, and anyone can recompute it", async () => {
    await fc.assert(
      fc.asyncProperty(draws, fc.constantFrom(1, 5, 60), async (draw, iterations) => {
        fc.pre(checkSolution(draw.problem, emptySolution(draw.problem)).length === 0);
        const problem = withSlots(draw);
        const truth = await truthUsd(problem);
        const view = viewBySite(problem);
        const strong = withImpliedLimits(problem);
        const bound = lagrangianBound(strong, view, { iterations, stop: () => false });
        expect(bound.boundUsd).toBeLessThanOrEqual(truth + solverSlackUsd);
        expect(recomputeBound(problem, certify(strong, bound, view))).toBeCloseTo(bound.boundUsd, 6);
        const exact = await solveExact(problem, tools, proven);
        expect(exact.bestBoundUsd).toBeLessThanOrEqual(truth + solverSlackUsd);
        expect(exact.objectiveUsd).toBeLessThanOrEqual(truth + solverSlackUsd);
      }),
      { numRuns: runs(200) },
    );
  });

  it("are known to the search, whose bound is no more than such a plan costs", async () => {
    await fc.assert(
      fc.asyncProperty(draws, async (draw) => {
        fc.pre(checkSolution(draw.problem, emptySolution(draw.problem)).length === 0);
        const problem = withSlots(draw);
        const result = await solveDecomposed(problem, tools, proven);
        expect(result.bestBoundUsd).toBeLessThanOrEqual((await truthUsd(problem)) + solverSlackUsd);
        expect(recomputeBound(problem, result.certificate!)).toBeCloseTo(result.certificate!.boundUsd, 6);
      }),
      { numRuns: runs(60) },
    );
  });

  it("take room that every set of them that fits keeps within one accelerator, and no less than their memory", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 7 }), (hundredths) => {
        const ratios = hundredths.map((part) => part / 100);
        const rooms = roomsOf(ratios);
        for (const [engine, room] of rooms.entries()) expect(room).toBeGreaterThanOrEqual(ratios[engine]!);
        for (const some of subsets([...ratios.keys()])) {
          if (!fits(some.map((engine) => ratios[engine]!))) continue;
          expect(some.reduce((sum, engine) => sum + rooms[engine]!, 0)).toBeLessThanOrEqual(1 + 1e-9);
        }
      }),
    );
  });

  it("take a whole accelerator where no other fits beside them", () => {
    expect(roomsOf([0.73, 0.4, 0.43])).toEqual([1, 0.4, 0.6]);
  });
});
