import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createHighsSolver } from "../../src/adapters/solver-highs/index.ts";
import { planScenario, verifyPlan, type PlanDocument } from "../../src/plan/index.ts";
import { tinyWorld } from "../worlds/tiny-world.ts";

const solver = createHighsSolver();
afterAll(() => solver.close());

const training = [
  {
    id: "run",
    pflops: [20],
    mfuRatio: 0.4,
    precision: "bf16" as const,
    countries: "*" as const,
    unservedUsdPerPflopYear: 1e6,
  },
];
let plan: PlanDocument;
beforeAll(async () => {
  const planned = await planScenario(tinyWorld({ training }), { solver, nowMs: () => 0 }, { relativeGap: 0 });
  plan = JSON.parse(JSON.stringify(planned)) as PlanDocument;
});

/** The document with one value replaced. */
function tampered(path: string, value: unknown): PlanDocument {
  const copy = structuredClone(plan) as unknown as Record<string, unknown>;
  const keys = path.split(".");
  let at = copy;
  for (const key of keys.slice(0, -1)) at = at[key] as Record<string, unknown>;
  at[keys.at(-1)!] = value;
  return copy as unknown as PlanDocument;
}

describe("verifying a plan", () => {
  it("accepts what planning wrote, after a journey through JSON, and proves it without a solver", () => {
    const { ok, findings, certifiedGap, recomputedUsd } = verifyPlan(plan);
    expect(findings).toEqual([]);
    expect(ok).toBe(true);
    expect(recomputedUsd! / plan.objectiveUsdPerYear!).toBeCloseTo(1, 9);
    expect(certifiedGap).toBeLessThan(0.05);
  });

  it.each<[string, string, (plan: PlanDocument) => unknown]>([
    ["a cheaper objective", "objectiveUsdPerYear", (p) => p.objectiveUsdPerYear! * 0.9],
    ["a smaller gap", "relativeGap", () => -0.5],
    ["a bound above the cost", "bestBoundUsdPerYear", (p) => p.objectiveUsdPerYear! * 1.1],
    ["a module taken away", "deployment.pools.0.count", (p) => p.deployment.pools[0]!.count - 1],
    ["half a module", "deployment.pools.0.count", (p) => p.deployment.pools[0]!.count + 0.5],
    ["more served than asked for", "deployment.flows.0.peakPerS", (p) => p.deployment.flows[0]!.peakPerS * 2],
    [
      "a flow to a site the policy refuses",
      "deployment.flows.0.pool",
      (p) => p.deployment.pools.findIndex((pool) => pool.trainingCount > 0),
    ],
    ["a flow that is not a number", "deployment.flows.0.meanPerS", () => Number.NaN],
    ["a flow to a pool that is not there", "deployment.flows.0.pool", () => 99],
    ["training without modules", "training.0.modules", () => 1e6],
    ["less energy per request", "deployment.flows.0.energyKwhPerRequest", () => 0],
    [
      "a certificate that claims more than its prices prove",
      "certificate.boundUsd",
      (p) => p.objectiveUsdPerYear! * 0.99999,
    ],
    ["a negative price", "certificate.sitePrices.0.0.0", () => -5],
    ["a price that is no number", "certificate.rowPrices.0", () => null],
    ["a lost price", "certificate.rowPrices", (p) => p.certificate!.rowPrices.slice(1)],
    ["a verdict over an alternative that is not there", "alternatives.centralised", () => null],
    ["less power at a site", "world.sites.1.powerLimitKw", () => [1]],
  ])("refuses %s, and says where", (_what, path, value) => {
    const verification = verifyPlan(tampered(path, value(plan)));
    // A claim that happens to be true is no tampering.
    if (path === "certificate.boundUsd" && verification.ok) {
      expect(verification.certifiedBoundUsd!).toBeGreaterThanOrEqual(plan.objectiveUsdPerYear! * 0.9999);
      return;
    }
    expect(verification.ok).toBe(false);
    expect(verification.findings.length).toBeGreaterThan(0);
    expect(verification.sentence).toContain(verification.findings[0]!.where);
  });

  it("names the demand and the pool in a refusal", () => {
    const core = plan.deployment.pools.findIndex((pool) => pool.trainingCount > 0);
    const { findings } = verifyPlan(tampered("deployment.flows.0.pool", core));
    expect(findings[0]!.where).toBe("deployment.flows[0]");
    expect(findings[0]!.message).toContain("quick from here over fibre");
    expect(findings[0]!.message).toContain("core-far/large-server");
  });
});
