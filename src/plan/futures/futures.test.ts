import { afterAll, describe, expect, it } from "vitest";
import { createHighsSolver } from "../../adapters/solver-highs/index.ts";
import { tinyWorld } from "../../../test/worlds/tiny-world.ts";
import type { World } from "../../catalog/index.ts";
import { alignedHorizons, decidedPools, firstStageOf, levelised } from "./futures-horizon.ts";
import { decide } from "./futures-search.ts";
import { planFutures } from "./futures.ts";
import type { PlanDocument } from "../document/plan-document.ts";
import { planScenario } from "../document/plan-scenario.ts";
import { emptySolution } from "../problem/solution-path.ts";
import { atOnce } from "../problem/steps.ts";
import { verifyPlan } from "../verify/verify-plan.ts";
import { answerWishes } from "../compare/wishes.ts";
import { scaleDemand } from "../compare/sensitivity-parameters.ts";

const solver = createHighsSolver();
afterAll(() => solver.close());
const tools = { solver, nowMs: () => 0 };
const options = { relativeGap: 1e-6, timeLimitS: 30 };
const world = tinyWorld();

describe("planning for several futures", () => {
  it("can be stopped while their models are built", async () => {
    const futures = [0.5, 0.5].map((probability, index) => ({ name: `future-${index}`, probability, world }));
    let nowMs = 0;
    const clocked = { solver, nowMs: () => (nowMs += 1000) };
    const stopped = { ...options, timeLimitS: 1e6, signal: AbortSignal.abort() };
    await expect(planFutures(futures, clocked, stopped)).rejects.toThrow(/stopped while/);
    const wishes = { servedRatio: world.workloads.map(() => 0.5), costUsdPerYear: null };
    await expect(answerWishes(world, wishes, clocked, { ...stopped, seed: 1 })).rejects.toThrow(/stopped while/);
  });

  it("asks a solver for no more than one decision in each future once it is stopped", async () => {
    const futures = ["slump", "calm", "boom"].map((name, index) => ({
      name,
      probability: 1 / 3,
      world: scaleDemand(world, 3 ** index),
    }));
    const stop = new AbortController();
    const step: string[] = [];
    const weighed: string[] = [];
    const onStep = (label: string): void => {
      step.push(label);
      if (label === "their average") stop.abort();
    };
    const solve: typeof solver.solve = (model, asked) => {
      if (stop.signal.aborted) weighed.push(step.at(-1)!);
      return solver.solve(model, asked);
    };
    const stopped = { ...options, signal: stop.signal };
    const found = await planFutures(futures, { ...tools, onStep, solver: { ...solver, solve } }, stopped);
    expect(found.expectedUsdPerYear).not.toBeNull();
    // The average's plan, and what comes of the decision that every future can keep.
    expect(weighed.filter((label) => label === "their average").length).toBeLessThanOrEqual(1 + futures.length);
  });

  it("says of what it had no time for that it is not known, not that it cannot be built", async () => {
    const futures = [
      { name: "slump", probability: 0.4, world: scaleDemand(world, 0.3) },
      { name: "boom", probability: 0.6, world: scaleDemand(world, 40) },
    ];
    /** With a solver that finds nothing in such of its runs, which are counted from the plan for the average on. */
    const searched = (inVain: (run: number) => boolean) => {
      let run = Number.NEGATIVE_INFINITY;
      const onStep = (step: string) => void (step === "their average" && (run = 0));
      const nothing = { status: "timeLimit", solution: null, bound: -Infinity, objective: Infinity } as const;
      const solve: typeof solver.solve = async (model, asked) => {
        const result = await solver.solve(model, asked);
        return inVain(++run) ? { ...result, ...nothing } : result;
      };
      return planFutures(futures, { ...tools, onStep, solver: { ...solver, solve } }, options);
    };
    await expect(searched((run) => run > 0)).rejects.toThrow(/stopped while looking for a decision/);
    // One run for the plan, and then one for each decision in each future.
    const found = await searched((run) => run >= 2 && run <= 5);
    const outcomes = new Map(found.decisions.map(({ name, outcomes: of }) => [name, of]));
    expect(outcomes.get("slump")).toEqual([
      expect.objectContaining({ future: "slump", usdPerYear: expect.any(Number) }),
      expect.objectContaining({ future: "boom", usdPerYear: null, lacks: "not-found" }),
    ]);
    expect(outcomes.get("boom")).toEqual([
      expect.objectContaining({ future: "slump", usdPerYear: null, lacks: "not-found" }),
      expect.objectContaining({ future: "boom", usdPerYear: expect.any(Number) }),
    ]);
  });

  it("gives the plan of a world when every future is that world", async () => {
    const futures = [0.5, 0.3, 0.2].map((probability, index) => ({ name: `same-${index}`, probability, world }));
    const found = await planFutures(futures, tools, options);
    const plan = await planScenario(world, tools, { ...options, compare: false });
    expect(found.expectedUsdPerYear! / plan.objectiveUsdPerYear!).toBeCloseTo(1, 5);
    expect(found.evpi!.usdPerYear).toBeCloseTo(0, 1);
    expect(found.vss!.usdPerYear).toBeCloseTo(0, 1);
  });

  it("hedges: never worse in expectation than a plan for one future or for their average, and regret is not negative", async () => {
    const futures = [
      { name: "slump", probability: 0.4, world: scaleDemand(world, 0.3) },
      { name: "boom", probability: 0.6, world: scaleDemand(world, 40) },
    ];
    const found = await planFutures(futures, tools, { ...options, leastRegret: true });
    const [common, ...others] = found.decisions;
    for (const other of others) {
      expect(common!.expectedUsdPerYear!).toBeLessThanOrEqual(other.expectedUsdPerYear! * (1 + 1e-6));
      for (const { regretUsdPerYear } of other.outcomes) expect(regretUsdPerYear!).toBeGreaterThanOrEqual(-1e-6);
    }
    const least = found.decisions.find(({ name }) => name === "least-regret")!;
    for (const { greatestRegretUsdPerYear } of found.decisions) {
      expect(least.greatestRegretUsdPerYear!).toBeLessThanOrEqual(greatestRegretUsdPerYear! + 1e-3);
    }
    expect(found.evpi!.usdPerYear).toBeGreaterThanOrEqual(-1e-6);
    expect(found.bestBoundUsdPerYear!).toBeLessThanOrEqual(found.expectedUsdPerYear!);
  });

  it("finds the decision that every future can keep where no plan made for one of them, or for their average, can", async () => {
    // The owner has to earn what its site costs: the large server earns it in one future, the small box in the other.
    const future = (workload: number, powerKw: number): World => ({
      ...world,
      owners: [{ ...world.owners[0]!, debt: { shareRatio: 0.5, ratePerYear: 0.06, leastCoverage: 1.3 } }],
      workloads: world.workloads.map((it) => ({ ...it, priceUsdPerRequest: 0.01 })),
      demand: world.demand.map((row) => (row.workload === workload ? row : { ...row, peakPerS: [0], meanPerS: [0] })),
      sites: world.sites.map((site, index) =>
        index === 1
          ? { ...site, status: "existing", installed: [{ module: 1, count: 1 }], powerLimitKw: [powerKw] }
          : { ...site, status: "forbidden" },
      ),
    });
    const futures = [
      { name: "patient", probability: 0.5, world: future(1, 14) },
      { name: "quick", probability: 0.5, world: future(0, 5) },
    ];
    const found = await planFutures(futures, tools, options);
    const [common, ...others] = found.decisions;
    expect(others.map(({ expectedUsdPerYear }) => expectedUsdPerYear)).toEqual([null, null, null]);
    expect(common!.modules.map(({ module, count }) => [module, count])).toEqual([
      ["small-box", 1],
      ["large-server", 1],
    ]);
    expect(found.status).toBe("optimal");
  });

  it("builds nothing whose debt its owner cannot serve in a future that leaves it idle", async () => {
    const future = (powerKw: number, leastCoverage: number | null): World => ({
      ...world,
      owners: [{ ...world.owners[0]!, debt: { shareRatio: 0.5, ratePerYear: 0.06, leastCoverage } }],
      workloads: world.workloads.map((it) => ({ ...it, priceUsdPerRequest: 0.01 })),
      sites: world.sites.map((site, index) =>
        index === 1 ? { ...site, powerLimitKw: [powerKw] } : { ...site, status: "forbidden" },
      ),
    });
    const built = async (leastCoverage: number | null): Promise<number> => {
      const futures = [
        { name: "powered", probability: 0.9, world: future(500, leastCoverage) },
        { name: "dark", probability: 0.1, world: future(0, leastCoverage) },
      ];
      const found = await planFutures(futures, tools, options);
      expect(found.status).toBe("optimal");
      return found.decisions[0]!.modules.length;
    };
    expect(await built(null)).toBeGreaterThan(0);
    expect(await built(1.3)).toBe(0);
  });

  it("knows no future worth more than by itself: a place that cannot be powered is nobody's parent", async () => {
    const future = (powerKw: number, factor: number): World => ({
      ...scaleDemand(world, factor),
      sites: world.sites.map((site, index) =>
        index === 0
          ? { ...site, parent: 2, needsParent: true, powerLimitKw: [1], openingCapexUsd: 0, fixedOpexUsdPerYear: 0 }
          : { ...site, powerLimitKw: [index === 2 ? powerKw : 0] },
      ),
    });
    const futures = [
      { name: "powered", probability: 0.6, world: future(500, 1) },
      { name: "dark", probability: 0.4, world: future(0.4, 1.7) },
    ];
    const found = await planFutures(futures, tools, options);
    const alone = await planScenario(futures[1]!.world, tools, { ...options, compare: false });
    expect(found.decisions[0]!.outcomes[0]!.servedRatio).toBeGreaterThan(0);
    expect(found.futures[1]!.aloneUsdPerYear).toBeCloseTo(alone.objectiveUsdPerYear!, 3);
    expect(found.evpi!.atLeastUsdPerYear).toBeLessThanOrEqual(found.evpi!.atMostUsdPerYear + 1e-6);
  });

  it("keeps apart the places of futures that use as many, but others", async () => {
    const future = (tier: "edge" | "regional"): World => ({
      ...world,
      workloads: [{ ...world.workloads[0]!, tiers: [tier] }],
      demand: world.demand.filter(({ workload }) => workload === 0),
      modules: [world.modules[0]!],
      sites: world.sites.map((site, index) =>
        index === 2 ? site : { ...site, status: "existing", installed: [{ module: 0, count: 1 }] },
      ),
    });
    const futures = (["edge", "regional"] as const).map((name) => ({ name, probability: 0.5, world: future(name) }));
    const found = await planFutures(futures, tools, options);
    // What stands in both places is kept for whichever future comes.
    const used = found.decisions[0]!.modules.map(({ site, count }) => [site, count]);
    expect(used).toEqual([
      ["edge-here", 1],
      ["regional-there", 1],
    ]);
    for (const { servedRatio, idleModules } of found.decisions[0]!.outcomes) {
      expect(servedRatio).toBeGreaterThan(0.4);
      expect(idleModules).toBeLessThanOrEqual(1);
    }
  });

  it("lets modules stand idle where a future cannot power them", async () => {
    const dark = {
      ...world,
      sites: world.sites.map((site) => ({ ...site, powerLimitKw: site.powerLimitKw.map(() => 0) })),
    };
    const futures = [
      { name: "powered", probability: 0.9, world },
      { name: "dark", probability: 0.1, world: dark },
    ];
    const found = await planFutures(futures, tools, options);
    const [powered, inTheDark] = found.decisions[0]!.outcomes;
    expect(powered!.servedRatio).toBeGreaterThan(0);
    expect(inTheDark!.servedRatio).toBe(0);
    expect(inTheDark!.idleModules).toBeGreaterThan(0);
  });

  it("refuses futures that do not speak of the same sites", async () => {
    const fewer = { ...world, sites: world.sites.slice(1) };
    const futures = [world, fewer].map((each, index) => ({ name: `f${index}`, probability: 0.5, world: each }));
    await expect(planFutures(futures, tools, options)).rejects.toThrow(/same sites/);
  });
});

/** Two years of the tiny world: demand grows by `grow`, modules cost `dearer` times as much in the second year. */
function twoYears(grow: number, dearer = 1): World {
  const both = (value: number | null): (number | null)[] => [value, value];
  const periods = [2027, 2028].map((year) => ({ id: String(year), startYear: year, lengthYears: 1 }));
  return {
    ...world,
    periods,
    finance: { ...world.finance, modulePriceFactorPerPeriod: [1, dearer] },
    demand: world.demand.map((row) => ({
      ...row,
      peakPerS: [row.peakPerS[0]!, row.peakPerS[0]! * grow],
      meanPerS: [row.meanPerS[0]!, row.meanPerS[0]! * grow],
    })),
    sites: world.sites.map((site) => ({ ...site, powerLimitKw: [site.powerLimitKw[0]!, site.powerLimitKw[0]!] })),
    modules: world.modules.map((module) => ({ ...module, supplyPerPeriod: both(module.supplyPerPeriod[0]!) })),
    owners: world.owners.map((owner) => ({ ...owner, capexBudgetUsd: both(null) })),
    limits: { ...world.limits, budgetUsd: both(world.limits.budgetUsd[0]!) },
  };
}

describe("planning several years for several futures", () => {
  it("gives the levelised cost of the plan when every future is the same", async () => {
    const years = twoYears(8);
    const futures = [0.7, 0.3].map((probability, index) => ({ name: `same-${index}`, probability, world: years }));
    const found = await planFutures(futures, tools, options);
    const { horizon } = await planScenario(years, tools, { ...options, compare: false });
    const discounted = horizon!.periods.reduce((sum, entry) => sum + entry.discountedYears, 0);
    expect(found.periods).toEqual(["2027", "2028"]);
    expect(found.expectedUsdPerYear! / (horizon!.presentCostUsd / discounted)).toBeCloseTo(1, 5);
    expect(found.evpi!.usdPerYear).toBeCloseTo(0, 1);
  });

  // Modules become dear in a boom and are not needed otherwise: how many to buy before anyone knows?
  const futures = [
    { name: "boom", probability: 0.5, world: twoYears(60, 6) },
    { name: "slump", probability: 0.5, world: twoYears(0.1) },
  ];

  it("buys in the first year what is cheapest in expectation: no other first year is, by trying each", async () => {
    const found = await planFutures(futures, tools, options);
    const [common] = found.decisions;
    const stacks = atOnce(alignedHorizons(futures.map((future) => future.world)));
    const stacked = futures.map(({ name, probability, world: years }, s) => ({
      name,
      probability,
      problem: levelised(stacks[s]!, years),
      decided: decidedPools(stacks[s]!),
    }));
    const own = firstStageOf(emptySolution(stacked[0]!.problem), stacked[0]!);
    let least = Infinity;
    for (const [pool, isDecided] of stacked[0]!.decided.entries()) {
      for (let count = 0; isDecided && count <= 3; count++) {
        const modules = own.modules.slice();
        modules[pool] = count;
        const { expectedUsdPerYear } = await decide({ ...own, modules }, stacked, tools, { ...options, seed: 1 });
        least = Math.min(least, expectedUsdPerYear);
      }
    }
    expect(common!.expectedUsdPerYear!).toBeLessThanOrEqual(least * (1 + 1e-6));
    expect(found.bestBoundUsdPerYear!).toBeLessThanOrEqual(common!.expectedUsdPerYear! * (1 + 1e-9));
    // Knowing is worth something here, or the example shows nothing.
    expect(found.evpi!.atLeastUsdPerYear).toBeGreaterThan(0);
  });

  it.each(["boom", "slump"])(
    "writes the plan of %s that begins with the common decision, and it verifies",
    async (name) => {
      let written: PlanDocument | null = null;
      const onDocument = (plan: PlanDocument): void =>
        void (written = JSON.parse(JSON.stringify(plan)) as PlanDocument);
      const found = await planFutures(futures, { ...tools, onDocument }, { ...options, documentOf: name });
      const plan = written as unknown as PlanDocument;
      expect(verifyPlan(plan).findings).toEqual([]);
      const bought = plan.horizon!.periods[0]!.purchases.reduce((sum, { count }) => sum + count, 0);
      expect(bought).toBe(found.decisions[0]!.modules.reduce((sum, { count }) => sum + count, 0));
      const years = plan.horizon!.periods.reduce((sum, entry) => sum + entry.discountedYears, 0);
      const outcome = found.decisions[0]!.outcomes.find(({ future }) => future === name)!;
      expect(plan.horizon!.presentCostUsd / years / outcome.usdPerYear!).toBeCloseTo(1, 5);
    },
  );

  it("writes the plan of one year too, and says when machines of the decision cannot run in that future", async () => {
    const dark = {
      ...world,
      sites: world.sites.map((site) => ({ ...site, powerLimitKw: site.powerLimitKw.map(() => 0) })),
    };
    const both = [
      { name: "powered", probability: 0.9, world },
      { name: "dark", probability: 0.1, world: dark },
    ];
    let written: PlanDocument | null = null;
    const onDocument = (plan: PlanDocument): void => void (written = plan);
    await planFutures(both, { ...tools, onDocument }, { ...options, documentOf: "powered" });
    expect(verifyPlan(written!).findings).toEqual([]);
    await expect(planFutures(both, tools, { ...options, documentOf: "dark" })).rejects.toThrow(
      /in dark no plan was found/,
    );
  });
});
