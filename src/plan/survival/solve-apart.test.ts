import { afterAll, describe, expect, it } from "vitest";
import { createHighsSolver } from "../../adapters/solver-highs/index.ts";
import { MipBuilder } from "../problem/mip-builder.ts";
import { solveApart } from "./solve-apart.ts";

const solver = createHighsSolver({ threads: 2 });
afterAll(() => solver.close());
const terms = { relativeGap: 0, seed: 1, leftS: () => 20 };

/** Two neighbourhoods of a thousand places each, of which all together may open `most`; one place serves a pair of neighbours. */
function neighbourhoods(most: number): { readonly model: ReturnType<MipBuilder["build"]>; readonly joint: number } {
  const builder = new MipBuilder();
  builder.addOffset(7);
  const open = Array.from({ length: 2000 }, (_, i) => builder.addCol(2 + (i % 7) / 10, 0, 1, true));
  const served = Array.from({ length: 2000 }, (_, i) => builder.addCol(-1 - (i % 5) / 2, 0, 1, false));
  for (const [i, col] of served.entries()) {
    builder.addRow(-Infinity, 0);
    builder.addEntry(col, 1);
    builder.addEntry(open[i]!, -1);
    if (i % 1000 !== 0) builder.addEntry(open[i - 1]!, -1);
  }
  const joint = builder.addRow(-Infinity, most);
  for (const col of open) builder.addEntry(col, 1);
  return { model: builder.build(), joint };
}

describe("a model solved in parts", () => {
  it("costs what it costs whole where the row that joins the parts has room", async () => {
    const { model, joint } = neighbourhoods(2000);
    const whole = await solver.solve(model, { ...terms, timeLimitS: 20 });
    const apart = await solveApart(model, new Map([[joint, 0]]), solver, terms);
    expect(apart!.bound).toBeCloseTo(whole.objective, 6);
    const usd = model.offset + apart!.solution.reduce((sum, value, col) => sum + value * model.colCost[col]!, 0);
    expect(usd).toBeCloseTo(whole.objective, 6);
  });

  it("proves no more than the whole costs, whatever the row that joins the parts is charged", async () => {
    const { model, joint } = neighbourhoods(300);
    const whole = await solver.solve(model, { ...terms, timeLimitS: 20 });
    const bounds: number[] = [];
    for (const price of [0, 0.2, 0.5, 1, 3]) {
      bounds.push((await solveApart(model, new Map([[joint, price]]), solver, terms))!.bound);
    }
    for (const bound of bounds) expect(bound).toBeLessThanOrEqual(whole.objective + 1e-6);
    expect(Math.max(...bounds)).toBeGreaterThan(bounds[0]! + 1);
  });

  it("has no solution where a part has none", async () => {
    const { model } = neighbourhoods(2000);
    const rowLower = model.rowLower.slice();
    rowLower[5] = 3;
    expect(await solveApart({ ...model, rowLower }, new Map(), solver, terms)).toBeNull();
  });
});
