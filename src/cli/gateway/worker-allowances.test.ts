import { describe, expect, it } from "vitest";
import { noAllowance, type Allowance } from "../../serve/index.ts";
import { WorkerAllowances } from "./worker-allowances.ts";

const some = (nanoUsd: number): Allowance => ({ ...noAllowance("team"), nanoUsd });
const budgets = (allowances: readonly Allowance[]) => allowances.map(({ nanoUsd }) => nanoUsd);

describe("what workers let each other have", () => {
  it("is handed on once all have said what they give, and kept in mind for those started again", async () => {
    const orders: [worker: number, id: number][] = [];
    const allowances = new WorkerAllowances((worker, id) => orders.push([worker, id]));
    const sought = allowances.seek(1, some(50), [2, 3]);
    for (const [worker, id] of orders) allowances.gave(worker, id, some(worker * 10));
    expect((await sought).nanoUsd).toBe(50);
    expect([1, 2, 3].flatMap((worker) => budgets(allowances.movedTo(worker)))).toEqual([50, -20, -30]);
  });

  it("goes to the next who asks when it came too late, and is never given twice", async () => {
    const orders: [worker: number, id: number][] = [];
    const allowances = new WorkerAllowances((worker, id) => orders.push([worker, id]));
    // Worker 2 says nothing in time.
    expect((await allowances.seek(1, some(50), [2])).nanoUsd).toBe(0);
    allowances.gave(2, orders[0]![1], some(40));
    expect((await allowances.seek(3, some(50), [])).nanoUsd).toBe(40);
    expect((await allowances.seek(1, some(50), [])).nanoUsd).toBe(0);
    expect(budgets([...allowances.movedTo(3), ...allowances.movedTo(2)])).toEqual([40, -40]);
  });

  it("does not wait for one that has ended", async () => {
    const allowances = new WorkerAllowances(() => {});
    const sought = allowances.seek(1, some(50), [2]);
    allowances.ended(2);
    expect((await sought).nanoUsd).toBe(0);
  });
});
