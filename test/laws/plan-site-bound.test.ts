import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { createHighsSolver } from "../../src/adapters/solver-highs/index.ts";
import { formulate } from "../../src/plan/problem/formulate.ts";
import { createPricedProblem } from "../../src/plan/bound/priced-problem.ts";
import type { PlanProblem } from "../../src/plan/problem/problem.ts";
import { viewBySite } from "../../src/plan/problem/site-view.ts";

const solver = createHighsSolver();
afterAll(() => solver.close());

/** One site with a few servers that stand there for little, some that must stand, and many that can be bought. */
const oneSite: fc.Arbitrary<PlanProblem> = fc
  .record({
    rows: fc.array(
      fc.record({
        payUsd: fc.integer({ min: 1, max: 60 }),
        gbps: fc.integer({ min: 0, max: 3 }),
        arcs: fc.tuple(
          ...Array.from({ length: 3 }, () => fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 1, max: 40 }))),
        ),
      }),
      { minLength: 2, maxLength: 9 },
    ),
    pools: fc.tuple(
      ...Array.from({ length: 3 }, (_, i) =>
        fc.record({
          usd: fc.integer({ min: 0, max: 12 }),
          kw: fc.integer({ min: 0, max: 4 }),
          minCount: fc.integer({ min: 0, max: i === 1 ? 2 : 0 }),
          more: i === 0 ? fc.integer({ min: 1, max: 3 }) : fc.constant(Infinity),
        }),
      ),
    ),
    kw: fc.integer({ min: 8, max: 60 }),
    gbps: fc.oneof(fc.constant(Infinity), fc.integer({ min: 2, max: 8 })),
  })
  .map(({ rows, pools, kw, gbps }) => ({
    rows: {
      count: rows.length,
      unservedUsd: Float64Array.from(rows, ({ payUsd }) => payUsd),
      gbps: Float64Array.from(rows, (row) => row.gbps),
    },
    arcs: {
      starts: Int32Array.from({ length: rows.length + 1 }, (_, row) => 3 * row),
      pool: Int32Array.from({ length: 3 * rows.length }, (_, arc) => arc % 3),
      usd: Float64Array.from(rows.flatMap(({ arcs }) => arcs.map(([usd]) => usd))),
      load: Float64Array.from(rows.flatMap(({ arcs }) => arcs.map(([, load]) => load / 3))),
    },
    pools: {
      count: 3,
      site: Int32Array.of(0, 0, 0),
      usd: Float64Array.from(pools, ({ usd }) => usd),
      kw: Float64Array.from(pools, (pool) => pool.kw),
      minCount: Float64Array.from(pools, ({ minCount }) => minCount),
      maxCount: Float64Array.from(pools, ({ minCount, more }) => minCount + more),
    },
    sites: {
      count: 1,
      usd: Float64Array.of(3),
      kw: Float64Array.of(kw),
      gbps: Float64Array.of(gbps),
      forced: Uint8Array.of(1),
    },
    limits: [],
  }));

describe("what a site costs when demand is paid for", () => {
  it("is at least what fractions of modules would cost and at most what whole ones cost", async () => {
    await fc.assert(
      fc.asyncProperty(oneSite, async (problem) => {
        const priced = createPricedProblem(problem, viewBySite(problem));
        let bound = -Infinity;
        for (let turn = 0; turn < 4; turn++) bound = priced.evaluate(problem.rows.unservedUsd, 8);
        const { model } = formulate(problem, "all");
        const solved = { timeLimitS: 20, relativeGap: 0, seed: 1 };
        const whole = await solver.solve(model, solved);
        model.colInteger.fill(0);
        const parts = await solver.solve(model, solved);
        expect(bound).toBeLessThanOrEqual(whole.objective + 1e-6);
        expect(bound).toBeGreaterThanOrEqual(parts.objective - 1e-4 * Math.max(1, Math.abs(parts.objective)));
      }),
      { numRuns: 40 },
    );
  });
});
