/** What every `Solver` adapter must do. Run on each adapter by a test file beside this one. */
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { MipBuilder, type MipModel, type SolveOptions, type SolveProgress, type Solver } from "../../src/plan/index.ts";

const exactly: SolveOptions = { timeLimitS: 60, relativeGap: 0, seed: 1 };

/** max 30 chairs + 20 tables, chairs + 2 tables ≤ 40, 2 chairs + tables ≤ 50.5, written as a minimisation. */
function workshop(whole: boolean): MipModel {
  const builder = new MipBuilder();
  const chairs = builder.addCol(-30, 0, Infinity, whole);
  const tables = builder.addCol(-20, 0, Infinity, whole);
  builder.addRow(-Infinity, 40);
  builder.addEntry(chairs, 1);
  builder.addEntry(tables, 2);
  builder.addRow(-Infinity, 50.5);
  builder.addEntry(chairs, 2);
  builder.addEntry(tables, 1);
  return builder.build();
}

/**
 * Market split (Cornuéjols and Dawande 1999): share items so that every row is halved exactly, paying for what is left
 * over. Branch and bound needs hours for 40 items and 5 rows, but any assignment is a feasible point.
 */
function hardModel(items: number, rows: number): MipModel {
  const builder = new MipBuilder();
  let state = 20_261_123;
  const next = (): number => (state = (state * 1_103_515_245 + 12_345) % 2_147_483_648) % 100;
  for (let item = 0; item < items; item++) builder.addCol(0, 0, 1, true);
  const slack = Array.from({ length: rows }, () => [
    builder.addCol(1, 0, Infinity, false),
    builder.addCol(1, 0, Infinity, false),
  ]);
  for (const [over, under] of slack) {
    const weights = Array.from({ length: items }, next);
    const half = Math.floor(weights.reduce((sum, weight) => sum + weight, 0) / 2);
    builder.addRow(half, half);
    for (const [item, weight] of weights.entries()) builder.addEntry(item, weight);
    builder.addEntry(over!, -1);
    builder.addEntry(under!, 1);
  }
  return builder.build();
}

interface TinyModel {
  readonly costs: number[];
  readonly upper: number[];
  readonly rows: { readonly weights: number[]; readonly limit: number }[];
}

const tinyModel: fc.Arbitrary<TinyModel> = fc.integer({ min: 1, max: 4 }).chain((cols) =>
  fc.record({
    costs: fc.array(fc.integer({ min: -9, max: 9 }), { minLength: cols, maxLength: cols }),
    upper: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: cols, maxLength: cols }),
    rows: fc.array(
      fc.record({
        weights: fc.array(fc.integer({ min: -5, max: 5 }), { minLength: cols, maxLength: cols }),
        limit: fc.integer({ min: -6, max: 12 }),
      }),
      { maxLength: 3 },
    ),
  }),
);

/** Smallest cost over every whole point; Infinity when none is feasible. */
function bruteForce(tiny: TinyModel): number {
  let best = Infinity;
  const point = tiny.costs.map(() => 0);
  const dot = (weights: number[]): number => weights.reduce((sum, weight, col) => sum + weight * point[col]!, 0);
  const visit = (col: number): void => {
    if (col === point.length) {
      if (tiny.rows.every((row) => dot(row.weights) <= row.limit)) best = Math.min(best, dot(tiny.costs));
      return;
    }
    for (let value = 0; value <= tiny.upper[col]!; value++) {
      point[col] = value;
      visit(col + 1);
    }
    point[col] = 0;
  };
  visit(0);
  return best;
}

function toModel(tiny: TinyModel): MipModel {
  const builder = new MipBuilder();
  for (const [col, cost] of tiny.costs.entries()) builder.addCol(cost, 0, tiny.upper[col]!, true);
  for (const row of tiny.rows) {
    builder.addRow(-Infinity, row.limit);
    for (const [col, weight] of row.weights.entries()) builder.addEntry(col, weight);
  }
  return builder.build();
}

export function solverContract(name: string, create: () => Solver): void {
  describe(`Solver contract: ${name}`, () => {
    const solver = create();
    afterAll(() => solver.close());

    it("solves a linear programme and prices its rows", async () => {
      const result = await solver.solve(workshop(false), exactly);
      expect(result.status).toBe("optimal");
      expect(result.objective).toBeCloseTo(-806.6667, 3);
      expect(result.bound).toBeCloseTo(-806.6667, 3);
      expect([...(result.rowDuals ?? [])].map((dual) => Number(dual.toFixed(4)))).toEqual([-3.3333, -13.3333]);
    });

    it("solves a mixed-integer programme to a proven optimum", async () => {
      const result = await solver.solve(workshop(true), exactly);
      expect(result.status).toBe("optimal");
      expect(result.objective).toBeCloseTo(-800, 6);
      expect(result.bound).toBeCloseTo(-800, 6);
      expect([...(result.solution ?? [])]).toEqual([20, 10]);
    });

    it("adds the model's offset to objective and bound", async () => {
      const result = await solver.solve({ ...workshop(true), offset: 1000 }, exactly);
      expect(result.objective).toBeCloseTo(200, 6);
      expect(result.bound).toBeCloseTo(200, 6);
    });

    it("reports a contradiction as a status without a solution", async () => {
      const builder = new MipBuilder();
      builder.addCol(1, 0, 1, true);
      builder.addRow(2, Infinity);
      builder.addEntry(0, 1);
      const result = await solver.solve(builder.build(), exactly);
      expect(result.status).toBe("infeasible");
      expect(result.solution).toBeNull();
      expect(result.objective).toBe(Infinity);
      expect(result.bound).toBe(-Infinity);
    });

    it("calls no linear programme infeasible for what it misses a limit by, within the tolerance or not", async () => {
      const draw = fc.record({
        loads: fc.array(fc.double({ min: 0.001, max: 1, noNaN: true }), { minLength: 2, maxLength: 6 }),
        fitting: fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }),
        missing: fc.constantFrom(0, 1e-9, 1e-8, 7e-8, 1e-7, 1e-6),
      });
      await fc.assert(
        fc.asyncProperty(draw, async ({ loads, fitting, missing }) => {
          // Some loads fill the room but for next to nothing. Whoever finds none is left out at a price, so there is always a solution.
          const room = loads.reduce((sum, load, i) => sum + (fitting[i] ? load : 0), 0) - missing;
          const builder = new MipBuilder();
          const inside = loads.map(() => builder.addCol(0, 0, Infinity, false));
          const outside = loads.map(() => builder.addCol(1, 0, Infinity, false));
          for (const i of loads.keys()) {
            builder.addRow(1, 1);
            builder.addEntry(outside[i]!, 1);
            builder.addEntry(inside[i]!, 1);
          }
          builder.addRow(-Infinity, Math.max(0, room));
          for (const [i, load] of loads.entries()) builder.addEntry(inside[i]!, load);
          const result = await solver.solve(builder.build(), exactly);
          expect(result.status).toBe("optimal");
          expect(result.rowDuals).not.toBeNull();
        }),
        { numRuns: 200 },
      );
    });

    it("keeps the incumbent and the bound when time runs out", async () => {
      const result = await solver.solve(hardModel(40, 5), { ...exactly, timeLimitS: 1 });
      expect(result.status).toBe("timeLimit");
      expect(result.solution).not.toBeNull();
      expect(result.bound).toBeLessThanOrEqual(result.objective);
    });

    it("ends at a limit of nodes after the same work each time, whatever the clock says", async () => {
      const limited = { ...exactly, timeLimitS: Infinity, nodeLimit: 20 };
      const [one, other] = [
        await solver.solve(hardModel(40, 5), limited),
        await solver.solve(hardModel(40, 5), limited),
      ];
      expect([one.status, other.status]).toEqual(["timeLimit", "timeLimit"]);
      expect(one.work!.nodes).toBeGreaterThan(0);
      expect(one.work!.nodes).toBeLessThan(200);
      expect([other.work, other.objective, other.bound]).toEqual([one.work, one.objective, one.bound]);
    });

    it("keeps the incumbent when it is cancelled, and solves the next model", async () => {
      const controller = new AbortController();
      const seen: SolveProgress[] = [];
      const result = await solver.solve(hardModel(40, 5), {
        ...exactly,
        signal: controller.signal,
        onProgress: (progress) => {
          seen.push(progress);
          if (Number.isFinite(progress.incumbent)) controller.abort();
        },
      });
      expect(result.status).toBe("cancelled");
      expect(result.solution).not.toBeNull();
      expect(seen.length).toBeGreaterThan(0);
      expect((await solver.solve(workshop(true), exactly)).status).toBe("optimal");
    });

    it("returns at once when it was cancelled before it began", async () => {
      const result = await solver.solve(hardModel(40, 5), { ...exactly, signal: AbortSignal.abort() });
      expect(result.status).toBe("cancelled");
    });

    it("runs several models at the same time without mixing them", async () => {
      const offsets = [1, 2, 3, 4, 5];
      const results = await Promise.all(offsets.map((offset) => solver.solve({ ...workshop(true), offset }, exactly)));
      expect(results.map((result) => Math.round(result.objective))).toEqual(offsets.map((offset) => offset - 800));
    });

    it("gives the same answer for the same seed", async () => {
      const once = await solver.solve(hardModel(12, 2), exactly);
      const again = await solver.solve(hardModel(12, 2), exactly);
      expect(again.objective).toBe(once.objective);
      expect([...(again.solution ?? [])]).toEqual([...(once.solution ?? [])]);
    });

    it("equals brute force on tiny models", async () => {
      await fc.assert(
        fc.asyncProperty(tinyModel, async (tiny) => {
          const expected = bruteForce(tiny);
          const result = await solver.solve(toModel(tiny), exactly);
          if (expected === Infinity) expect(result.status).toBe("infeasible");
          else {
            expect(result.status).toBe("optimal");
            expect(result.objective).toBeCloseTo(expected, 6);
          }
        }),
        { numRuns: 60 },
      );
    });

    it("refuses work after it was closed, as a status", async () => {
      const other = create();
      await other.close();
      expect((await other.solve(workshop(true), exactly)).status).toBe("error");
    });
  });
}
