import { afterAll, expect, it } from "vitest";
import { expectPrinted, openExample } from "../../test/cli/example.ts";
import { runCliHere } from "../../test/cli/run-cli.ts";

const example = openExample("investment");
afterAll(example.close);

it("buys as demand grows, keeps what it bought, and proves the whole horizon", async () => {
  const { plan, summary, file } = await example.plan();
  expectPrinted("investment", summary);
  const { periods, presentCostUsd, boundUsd } = plan.horizon!;
  expect(periods).toHaveLength(3);
  expect(boundUsd).toBeLessThanOrEqual(presentCostUsd * (1 + 1e-9));
  const inService = periods.map(({ deployment }) =>
    deployment.pools.reduce((total, pool) => total + pool.count + pool.trainingCount, 0),
  );
  expect(inService).toEqual(inService.toSorted((a, b) => a - b));
  expect(inService[2]!).toBeGreaterThan(inService[0]!);
  for (const { unserved } of periods) expect(unserved).toEqual([]);

  const report = await runCliHere(["report", "finance", file]);
  expect(report.exitCode).toBe(0);
  expect(report.stdout).toMatch(/NPV +IRR +payback/);
});
