import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createHighsSolver } from "../../src/adapters/solver-highs/index.ts";
import { isSealWhole, seal } from "../../src/cli/document/plan-seal.ts";
import { planScenario, verifyPlan, type PlanDocument } from "../../src/plan/index.ts";
import { familyWorld } from "../worlds/family-world.ts";
import { tinyWorld } from "../worlds/tiny-world.ts";
import { runs } from "./runs.ts";

const solver = createHighsSolver();
afterAll(() => solver.close());

type Leaf = { readonly path: readonly (string | number)[]; readonly value: string | number };

/** Leaves by what they tell: a thousand prices are one kind. */
let plans: { readonly plan: PlanDocument; readonly kinds: readonly (readonly Leaf[])[] }[];
beforeAll(async () => {
  const world = tinyWorld();
  const two = {
    ...world,
    periods: [0, 1].map((year) => ({ id: `${2027 + year}`, startYear: 2027 + year, lengthYears: 1 })),
    demand: world.demand.map((row) => ({
      ...row,
      peakPerS: [row.peakPerS[0]!, 3 * row.peakPerS[0]!],
      meanPerS: [row.meanPerS[0]!, 3 * row.meanPerS[0]!],
    })),
    sites: world.sites.map((site) => ({ ...site, powerLimitKw: [site.powerLimitKw[0]!, site.powerLimitKw[0]!] })),
    modules: world.modules.map((module) => ({ ...module, supplyPerPeriod: [null, null] })),
    owners: world.owners.map((owner) => ({ ...owner, capexBudgetUsd: [null, null] })),
    limits: { ...world.limits, budgetUsd: [null, null] },
  };
  const dearer = { ...two, finance: { ...two.finance, modulePriceFactorPerPeriod: [1, 1.5] } };
  const [families] = fc.sample(familyWorld, { numRuns: 1, seed: 6 });
  const settled = {
    ...world,
    objective: "max-npv" as const,
    workloads: world.workloads.map((workload) => ({ ...workload, priceUsdPerRequest: 0.004 })),
    sites: world.sites.map((site, i) => (i === 1 ? { ...site, installed: [{ module: 1, count: 1 }] } : site)),
    training: [
      {
        id: "run",
        precision: "bf16" as const,
        countries: "*" as const,
        pflops: [3],
        mfuRatio: 0.4,
        unservedUsdPerPflopYear: 1e6,
        priceUsdPerPflopYear: 2e6,
        singleCampus: true,
      },
    ],
    limits: { ...world.limits, resilience: "site" as const },
  };
  const documents = await Promise.all(
    [world, two, dearer, families!, settled].map((each) =>
      planScenario(each, { solver, nowMs: () => 0 }, { relativeGap: 0 }),
    ),
  );
  plans = documents.map((document) => {
    const plan = JSON.parse(JSON.stringify(seal(document))) as PlanDocument;
    const kinds = Map.groupBy(leavesOf(plan, []), ({ path }) =>
      path.map((key) => (typeof key === "number" ? "#" : key)).join("."),
    );
    return { plan, kinds: [...kinds.values()] };
  });
});

/** Every number and every string of a document, with its place. */
function leavesOf(value: unknown, path: readonly (string | number)[]): Leaf[] {
  if (typeof value === "number" || typeof value === "string") return [{ path, value }];
  if (Array.isArray(value)) return value.flatMap((part, i) => leavesOf(part, [...path, i]));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) => leavesOf(part, [...path, key]));
}

/** A copy of the plan with one leaf changed. */
function changed(plan: PlanDocument, { path, value }: Leaf, by: number): PlanDocument {
  const copy = structuredClone(plan) as unknown as Record<string | number, unknown>;
  let at = copy;
  for (const key of path.slice(0, -1)) at = at[key] as Record<string | number, unknown>;
  at[path.at(-1)!] =
    typeof value === "string" ? `${value}x` : Number.isInteger(value) ? value + Math.sign(by) : value * (1 + by);
  return copy as unknown as PlanDocument;
}

const draw = fc.record({
  which: fc.nat(4),
  kind: fc.nat(),
  member: fc.nat(),
  by: fc.constantFrom(-0.5, -0.01, 0.01, 1),
});

describe("a plan document with one value changed", () => {
  it("is refused, whatever was changed", () => {
    fc.assert(
      fc.property(draw, ({ which, kind, member, by }) => {
        const { plan, kinds } = plans[which]!;
        const leaves = kinds[kind % kinds.length]!;
        const one = leaves[member % leaves.length]!;
        if (one.value === 0) return;
        const copy = changed(plan, one, by);
        expect(isSealWhole(copy)).toBe(false);
        // A document whose values contradict each other must not bring the checks down either.
        verifyPlan(copy);
      }),
      { numRuns: runs(40) },
    );
  });

  /** What the plan decides and what follows from it; the rest is told about the search or the world of the question. */
  const decided =
    /^(deployment|cost|sites|limits|unserved|training|certificate|horizon|objective|relativeGap|status|name|catalog|method|value|predictions|verdict|idle|search\.(rows|arcs|pools)|failover\.failures)/;
  const estimated = /capacityUsdPerModuleS/;

  it("is refused for one dollar in millions, in a period that only the horizon tells of", () => {
    const { plan } = plans[1]!;
    expect(verifyPlan(plan).findings).toEqual([]);
    const { totalUsd } = plan.horizon!.periods[1]!.cost.capex;
    const place = "horizon.periods.1.cost.capex.totalUsd".split(".");
    const { ok, findings } = verifyPlan(
      changed(plan, { path: place, value: totalUsd }, totalUsd > 1e6 ? -1 / totalUsd : -1),
    );
    expect(ok).toBe(false);
    expect(findings[0]!.where).toContain("horizon.periods[1].cost.capex.totalUsd");
  });

  it("is refused even when it was sealed again, or still tells the truth", () => {
    fc.assert(
      fc.property(draw, ({ which, kind, member, by }) => {
        const { plan, kinds } = plans[which]!;
        const told = kinds.filter(([first]) => {
          const place = first!.path.join(".");
          return decided.test(place) && !estimated.test(place);
        });
        const leaves = told[kind % told.length]!;
        const one = leaves[member % leaves.length]!;
        // What is nothing but rounding may round otherwise.
        if (typeof one.value === "number" && Math.abs(one.value) < 1e-5) return;
        const copy = changed(plan, one, by);
        const { ok, certifiedBoundUsd } = verifyPlan(copy);
        const prices = copy.certificate ?? copy.horizon!.certificate;
        // A price or a case that decides nothing may be another: what is proven is then still what is claimed.
        if (ok && one.path.some((key) => String(key).endsWith("Prices") || key === "branches")) {
          expect(certifiedBoundUsd! / prices.boundUsd).toBeCloseTo(1, 8);
        } else expect([one.path.join("."), ok]).toEqual([one.path.join("."), false]);
      }),
      { numRuns: runs(80) },
    );
  });
});
