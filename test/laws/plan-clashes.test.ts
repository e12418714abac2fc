import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { createHighsSolver } from "../../src/adapters/solver-highs/index.ts";
import { MipBuilder } from "../../src/plan/problem/mip-builder.ts";
import { findSmallestClash, leastRelaxation, smallestHittingSet } from "../../src/plan/document/smallest-clash.ts";
import { runs } from "./runs.ts";

const solver = createHighsSolver();
afterAll(() => solver.close());
const options = { timeLimitS: 10, relativeGap: 0, seed: 1 };

/** `weights · x ≤ upper` or, turned round, `≥ lower`, over three whole numbers from 0 to 3. */
interface Row {
  readonly weights: readonly number[];
  readonly bound: number;
  readonly isUpper: boolean;
  readonly group: number;
}

const groups = 5;
const most = 3;
const row: fc.Arbitrary<Row> = fc.record({
  weights: fc.array(fc.integer({ min: -3, max: 4 }), { minLength: 3, maxLength: 3 }),
  bound: fc.integer({ min: -6, max: 14 }),
  isUpper: fc.boolean(),
  group: fc.integer({ min: 0, max: groups - 1 }),
});

const points = Array.from({ length: (most + 1) ** 3 }, (_, i) => [
  i % (most + 1),
  Math.floor(i / (most + 1)) % (most + 1),
  Math.floor(i / (most + 1) ** 2),
]);

const holdsAt = ({ weights, bound, isUpper }: Row, point: readonly number[], slack = 0): boolean => {
  const value = weights.reduce((sum, weight, i) => sum + weight * point[i]!, 0);
  return isUpper ? value <= bound + slack : value >= bound - slack;
};

const holdTogether = (rows: readonly Row[], kept: (group: number) => boolean): boolean =>
  points.some((point) => rows.every((entry) => !kept(entry.group) || holdsAt(entry, point)));

function modelOf(rows: readonly Row[]) {
  const builder = new MipBuilder();
  for (let i = 0; i < 3; i++) builder.addCol(0, 0, most, true);
  for (const { weights, bound, isUpper } of rows) {
    builder.addRow(isUpper ? -Infinity : bound, isUpper ? bound : Infinity);
    for (const [i, weight] of weights.entries()) builder.addEntry(i, weight);
  }
  const named = Array.from({ length: groups }, (_, group) => ({
    name: `group ${group}`,
    rows: rows.flatMap((entry, position) => (entry.group === group ? [position] : [])),
  }));
  return { model: builder.build(), named };
}

const size = (set: number): number => set.toString(2).replaceAll("0", "").length;

describe("clashing limits", () => {
  it("are named by a set that clashes, and no smaller set does", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 3, maxLength: 9 }), async (rows) => {
        const { model, named } = modelOf(rows);
        const found = await findSmallestClash(model, named, solver, options);
        if (holdTogether(rows, () => true)) {
          expect(found).toEqual({ groups: [], proven: true });
          return;
        }
        const sizes = Array.from({ length: 2 ** groups }, (_, set) => set)
          .filter((set) => !holdTogether(rows, (group) => ((set >> group) & 1) === 1))
          .map(size);
        expect(found!.proven).toBe(true);
        expect(holdTogether(rows, (group) => found!.groups.includes(group))).toBe(false);
        expect(found!.groups).toHaveLength(Math.min(...sizes));
      }),
      { numRuns: runs(60) },
    );
  });

  it("give way by the least that helps", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 2, maxLength: 6 }), async (rows) => {
        const { model, named } = modelOf(rows);
        const group = named.find((entry) => entry.rows.length === 1);
        fc.pre(group !== undefined);
        const own = rows[group!.rows[0]!]!;
        const others = rows.filter((entry) => entry !== own);
        const slacks = points
          .filter((point) => others.every((entry) => holdsAt(entry, point)))
          .map((point) => Array.from({ length: 80 }, (_, slack) => slack).find((slack) => holdsAt(own, point, slack))!);
        const found = await leastRelaxation(model, group!, solver, options);
        if (slacks.length === 0) expect(found).toBeNull();
        else expect(found![0]).toBeCloseTo(Math.min(...slacks), 6);
      }),
      { numRuns: runs(40) },
    );
  });

  it("are met by hitting sets of the least size", () => {
    const sets = fc.array(fc.uniqueArray(fc.integer({ min: 0, max: 7 }), { minLength: 1, maxLength: 4 }), {
      maxLength: 6,
    });
    fc.assert(
      fc.property(sets, (given) => {
        const hit = (set: number): boolean => given.every((elements) => elements.some((e) => ((set >> e) & 1) === 1));
        const least = Math.min(
          ...Array.from({ length: 256 }, (_, set) => set)
            .filter(hit)
            .map(size),
        );
        const found = smallestHittingSet(given);
        expect(found.size).toBe(least);
        expect(given.every((elements) => elements.some((element) => found.has(element)))).toBe(true);
      }),
    );
  });
});
