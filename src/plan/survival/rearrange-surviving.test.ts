import { afterAll, describe, expect, it } from "vitest";
import { createHighsSolver } from "../../adapters/solver-highs/index.ts";
import { createPlanState } from "../search/plan-state.ts";
import { checkSolution, objectiveUsd, type PlanProblem, type ProblemSolution } from "../problem/problem.ts";
import { rearrangeSurviving } from "./rearrange-surviving.ts";
import type { Refuges } from "./refuges.ts";
import { ReserveBook } from "./reserve-book.ts";
import { moveTables } from "../search/row-moves.ts";

const solver = createHighsSolver();
afterAll(() => solver.close());

/** Places that may all serve every row, a module each for `load` of a row; the loss of any one of them has to be survived. */
interface Alike {
  readonly rows: number;
  readonly load: number;
  readonly openingUsd: readonly number[];
  readonly maxSites?: number;
}

function alikePlaces({ rows, load, openingUsd, maxSites = Infinity }: Alike): {
  problem: PlanProblem;
  refuges: Refuges;
} {
  const count = openingUsd.length;
  const each = Array.from({ length: rows * count }, (_, at) => at % count);
  const starts = Int32Array.from({ length: rows + 1 }, (_, row) => row * count);
  const problem: PlanProblem = {
    rows: { count: rows, unservedUsd: new Float64Array(rows).fill(1000), gbps: new Float64Array(rows) },
    arcs: {
      starts,
      pool: Int32Array.from(each),
      usd: new Float64Array(each.length).fill(0.01),
      load: new Float64Array(each.length).fill(load),
    },
    pools: {
      count,
      site: Int32Array.from(openingUsd.keys()),
      usd: new Float64Array(count).fill(10),
      kw: new Float64Array(count).fill(1),
      minCount: new Float64Array(count),
      maxCount: new Float64Array(count).fill(40),
      reserveLoad: new Float64Array(count).fill(rows * load),
    },
    sites: {
      count,
      usd: Float64Array.from(openingUsd),
      kw: new Float64Array(count).fill(Infinity),
      gbps: new Float64Array(count).fill(Infinity),
      forced: new Uint8Array(count),
    },
    limits: Number.isFinite(maxSites)
      ? [
          {
            name: "most sites",
            upper: maxSites,
            sites: Int32Array.from(openingUsd.keys()),
            siteWeights: new Float64Array(count).fill(1),
            pools: new Int32Array(0),
            poolWeights: new Float64Array(0),
          },
        ]
      : [],
  };
  const refuges: Refuges = {
    places: count,
    placeOf: Int32Array.from(openingUsd.keys()),
    poolsAt: openingUsd.map((_, pool) => [pool]),
    siteOf: Int32Array.from(openingUsd.keys()),
    starts,
    place: Int32Array.from(each),
    load: new Float64Array(each.length).fill(load),
    failuresOf: openingUsd.map((_, site) => [site]),
    lost: openingUsd.map((_, site) => new Set([site])),
  };
  return { problem, refuges };
}

/** So many modules at each place, every row served at one of the open places in turn. */
function standing({ rows, arcs, pools }: PlanProblem, modules: readonly number[]): ProblemSolution {
  const open = Uint8Array.from(modules, (count) => (count > 0 ? 1 : 0));
  const places = modules.flatMap((count, pool) => (count > 0 ? [pool] : []));
  const share = new Float64Array(arcs.pool.length);
  for (let row = 0; row < rows.count; row++) share[arcs.starts[row]! + places[row % places.length]!] = 1;
  return { open, modules: Float64Array.from(modules, (count, pool) => Math.min(count, pools.maxCount[pool]!)), share };
}

async function rearranged(
  alike: Alike,
  modules: readonly number[],
): Promise<{ before: number; after: ProblemSolution; usd: number }> {
  const { problem, refuges } = alikePlaces(alike);
  const from = standing(problem, modules);
  const book = new ReserveBook(createPlanState(problem, from), refuges);
  const moved: number[] = [];
  book.coverAll(
    Array.from({ length: problem.rows.count }, (_, row) => row),
    moved,
  );
  expect(moved).toEqual([]);
  const liked = { open: new Float64Array(problem.sites.count), limitPrice: new Float64Array(problem.limits.length) };
  const tables = moveTables(problem, problem.pools.usd);
  const options = { seed: 1, enough: () => false, leftS: () => 10 };
  await rearrangeSurviving(book, tables, liked, { solver, nowMs: () => 0 }, options);
  const after = book.plan.solution();
  expect(checkSolution(problem, after)).toEqual([]);
  for (let lost = 0; lost < problem.sites.count; lost++) {
    const left = after.modules.reduce((sum, count, pool) => sum + (pool === lost ? 0 : count), 0);
    const served = after.share.reduce((sum, part) => sum + part, 0) * alike.load;
    expect(left).toBeGreaterThanOrEqual(served - 1e-6);
  }
  return { before: objectiveUsd(problem, from), after, usd: objectiveUsd(problem, after) };
}

describe("places of a plan that survives, decided together", () => {
  it("keep no more in reserve than the worst loss takes, shared by all of them", async () => {
    const { after } = await rearranged({ rows: 12, load: 1, openingUsd: [1, 1, 1] }, [12, 12, 12]);
    expect([...after.modules]).toEqual([6, 6, 6]);
  });

  it("do without one of them where opening it costs more than the reserve that it spares", async () => {
    const { after } = await rearranged({ rows: 12, load: 1, openingUsd: [1, 500, 1] }, [6, 6, 6]);
    expect([...after.modules]).toEqual([12, 0, 12]);
  });

  it("are other ones where those are cheaper to open, within what limits allow", async () => {
    const { after } = await rearranged({ rows: 3, load: 0.1, openingUsd: [50, 50, 1, 1], maxSites: 2 }, [1, 1, 0, 0]);
    expect([...after.modules]).toEqual([0, 0, 1, 1]);
  });

  it("stay as they are where nothing is cheaper", async () => {
    const { before, usd } = await rearranged({ rows: 12, load: 1, openingUsd: [1, 1, 1] }, [6, 6, 6]);
    expect(usd).toBeCloseTo(before, 6);
  });
});
