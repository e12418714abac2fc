import { afterAll, describe, expect, it } from "vitest";
import { createHighsSolver } from "../../adapters/solver-highs/index.ts";
import { testWorkload, tinyWorld } from "../../../test/worlds/tiny-world.ts";
import type { World } from "../../catalog/index.ts";
import type { PlanDocument } from "../document/plan-document.ts";
import { planScenario } from "../document/plan-scenario.ts";
import { verifyPlan } from "./verify-plan.ts";

const solver = createHighsSolver({ threads: 1 });
afterAll(() => solver.close());
const planned = async (world: World): Promise<PlanDocument> => {
  const document = await planScenario(world, { solver, nowMs: () => 0 }, { relativeGap: 0, timeLimitS: 30 });
  return JSON.parse(JSON.stringify(document)) as PlanDocument;
};

/** Quick requests, which the core is too far away for, and patient ones. */
const near = tinyWorld({
  workloads: [testWorkload({ id: "quick", ttft: { budgetMs: 30, attainmentRatio: 0.9 } }), tinyWorld().workloads[1]!],
});

describe("the core alone, verified", () => {
  it("costs at least what prices prove, and a document that says less is refused", async () => {
    const document = await planned(near);
    const centralised = document.alternatives.centralised!;
    const { ok, coreAtLeastUsd } = verifyPlan(document);
    expect(ok).toBe(true);
    expect(document.verdict!.distribute).toBe(true);
    expect(coreAtLeastUsd!).toBeGreaterThan(document.objectiveUsdPerYear!);
    expect(coreAtLeastUsd!).toBeLessThanOrEqual(centralised.objectiveUsdPerYear * (1 + 1e-9));
    const cheaper = document.objectiveUsdPerYear! * 0.9;
    const told = { ...centralised, objectiveUsdPerYear: cheaper, bestBoundUsdPerYear: cheaper };
    const { findings } = verifyPlan({ ...document, alternatives: { centralised: told } });
    expect(findings.map(({ message }) => message).join()).toContain("cannot cost less than");
  });

  it("has nothing that stands idle elsewhere, not even for a least share", async () => {
    const run = { id: "run", pflops: [0], mfuRatio: 0.4, unservedUsdPerPflopYear: 1 };
    const training = [{ ...run, precision: "bf16" as const, countries: "*" as const }];
    for (const measure of ["modules", "power", "compute"] as const) {
      const shares = [{ id: "away", leastRatio: 0.3, of: measure, sites: [1], among: [0, 1, 2] }];
      const document = await planned({ ...near, training, limits: { ...near.limits, shares } });
      const away = document.alternatives.centralised?.openSites.filter(({ tier }) => tier !== "core") ?? [];
      expect(away.every(({ count }) => count === 0)).toBe(true);
      expect(verifyPlan(document).ok).toBe(true);
    }
  });
});
