import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { createHighsSolver } from "../../src/adapters/solver-highs/index.ts";
import type { World } from "../../src/catalog/index.ts";
import { annualCost, moduleAnnualUsd, siteAnnualUsd } from "../../src/finance/index.ts";
import { MipBuilder, planScenario, solveProblem, verifyPlan, type PlanDocument } from "../../src/plan/index.ts";
import { solveDecomposed } from "../../src/plan/search/decomposed.ts";
import { checkSolution } from "../../src/plan/problem/problem.ts";
import { worldProblem } from "../../src/plan/world/world-problem.ts";
import { arcTable, compilePolicy, servingAt, usdPerRequest } from "../../src/route/index.ts";
import { familyWorld } from "../worlds/family-world.ts";
import { runs } from "./runs.ts";

const solver = createHighsSolver();
afterAll(() => solver.close());
const tools = { solver, nowMs: () => 0 };
const proven = { relativeGap: 1e-7, timeLimitS: 30, compare: false };
const secondsPerYear = 31_536_000;

/** Everything but the flows: what stands, what is upgraded. */
interface Standing {
  readonly spots: readonly { readonly site: number; readonly module: number }[];
  readonly counts: readonly number[];
  readonly upgraded: boolean;
}

/** The cheapest plan by trying every count of modules and every upgrade, with nothing taken from the planner's model. */
async function cheapest(world: World): Promise<number> {
  const policy = compilePolicy(world);
  const table = arcTable(policy);
  const reach = new Map<string, number>();
  for (const [row, demand] of world.demand.entries()) {
    for (let entry = table.rowStart[row]!; entry < table.rowStart[row + 1]!; entry++) {
      const key = `${table.site[entry]} ${table.module[entry]}`;
      const load = demand.peakPerS[0]! / (table.perModulePerS[entry]! * world.limits.headroomRatio);
      reach.set(key, (reach.get(key) ?? 0) + load);
    }
  }
  const spots = [...reach.keys()].map((key) => {
    const [site, module] = key.split(" ").map(Number);
    return { site: site!, module: module! };
  });
  // More modules than all demand in reach needs are no part of the model.
  const most = spots.map(({ site, module }) => {
    const there = world.sites[site]!.installed.find((entry) => entry.module === module)?.count ?? 0;
    return there + Math.ceil(reach.get(`${site} ${module}`)! - 1e-9);
  });
  fc.pre(most.reduce((product, count) => product * (count + 1), 1) <= 400);
  let best = Infinity;
  const counts = spots.map(() => 0);
  const visit = async (spot: number): Promise<void> => {
    if (spot < spots.length) {
      for (let count = 0; count <= most[spot]!; count++) {
        counts[spot] = count;
        await visit(spot + 1);
      }
      return;
    }
    for (const upgraded of world.sites.some((site) => site.upgrades !== undefined) ? [false, true] : [false]) {
      const standing = { spots, counts, upgraded };
      if (isAllowed(world, standing)) best = Math.min(best, await costOf(world, standing, table, policy));
    }
  };
  await visit(0);
  return best;
}

function opens(world: World, { spots, counts, upgraded }: Standing): boolean[] {
  const open = world.sites.map((site, index) => {
    if (site.status !== "existing" || site.closedFromPeriod === 0) return false;
    const { closedUsd, fixedOpexUsd } = siteAnnualUsd(world, index);
    return site.closingCostUsd === undefined || closedUsd >= fixedOpexUsd;
  });
  for (const [spot, { site }] of spots.entries()) if (counts[spot]! > 0) open[site] = true;
  if (upgraded) open[1] = true;
  return open;
}

function boughtOf(world: World, { spots, counts }: Standing, spot: number): number {
  const { site, module } = spots[spot]!;
  const there = world.sites[site]!.installed.find((entry) => entry.module === module)?.count ?? 0;
  return Math.max(0, counts[spot]! - there);
}

function isAllowed(world: World, standing: Standing): boolean {
  const { spots, counts, upgraded } = standing;
  const open = opens(world, standing);
  const kw = world.sites.map(() => 0);
  let [away, all, allotted, ownUsd] = [0, 0, 0, 0];
  const share = world.limits.shares?.[0];
  const farEquity = 1 - (world.owners[1]!.debt?.shareRatio ?? 0);
  for (const [spot, { site, module }] of spots.entries()) {
    const count = counts[spot]!;
    const place = world.sites[site]!;
    const server = world.modules[module]!;
    if (count > 0 && place.closedFromPeriod === 0) return false;
    kw[site]! += count * server.powerKw * place.pue;
    const weight = {
      modules: 1,
      power: server.powerKw * place.pue,
      compute: server.acceleratorCount * server.accelerator.totalProcessingPerformance,
    }[share?.of ?? "modules"];
    all += count * weight;
    if (site > 0) away += count * weight;
    const bought = boughtOf(world, standing, spot);
    if (site > 0 && module === 0) allotted += bought;
    const price = moduleAnnualUsd(world, site, module);
    if (site > 0) ownUsd += bought * (price.acceleratorsCapexUsd + price.buildingCapexUsd);
  }
  for (const [site, place] of world.sites.entries()) {
    const added = upgraded && site === 1 ? place.upgrades![0]!.addedKw : 0;
    if (kw[site]! > place.powerLimitKw[0]! + added + 1e-9) return false;
    const stays = opens(world, { ...standing, counts: counts.map(() => 0), upgraded: false })[site]!;
    if (open[site] && !stays && place.needsParent && !open[place.parent!]) return false;
    if (open[site] && site > 0) ownUsd += place.openingCapexUsd;
  }
  if (upgraded) ownUsd += world.sites[1]!.upgrades![0]!.priceUsd;
  if (share !== undefined && away < share.leastRatio * all - 1e-9) return false;
  if (allotted > (world.owners[1]!.allotments?.[0]?.perPeriod[0] ?? Infinity)) return false;
  return ownUsd * farEquity <= (world.owners[1]!.capexBudgetUsd[0] ?? Infinity) + 1e-6;
}

/** Best flows for what stands, under the limits on flows, priced by finance. */
async function costOf(
  world: World,
  standing: Standing,
  table: ReturnType<typeof arcTable>,
  policy: ReturnType<typeof compilePolicy>,
): Promise<number> {
  const { spots, counts, upgraded } = standing;
  const builder = new MipBuilder();
  const arcs: { row: number; spot: number; entry: number; col: number; usd: number; earnsUsd: number }[] = [];
  for (const [row, demand] of world.demand.entries()) {
    const { priceUsdPerRequest, unservedUsdPerRequest, backhaulBytes = 0 } = world.workloads[demand.workload]!;
    for (let entry = table.rowStart[row]!; entry < table.rowStart[row + 1]!; entry++) {
      const spot = spots.findIndex((at) => at.site === table.site[entry] && at.module === table.module[entry]);
      const perYear = demand.meanPerS[0]! * secondsPerYear;
      const line = world.sites[table.site[entry]!]!.backhaulUsdPerGbpsYear ?? 0;
      const usd =
        usdPerRequest(policy, table, demand.workload, entry) * perYear +
        ((demand.peakPerS[0]! * backhaulBytes * 8) / 1e9) * line;
      const missed = world.objective === "max-npv" ? priceUsdPerRequest : unservedUsdPerRequest;
      const col = builder.addCol(usd - missed * perYear, 0, counts[spot] === 0 ? 0 : 1, false);
      arcs.push({ row, spot, entry, col, usd, earnsUsd: priceUsdPerRequest * perYear - usd });
    }
  }
  const loadOf = ({ row, entry }: (typeof arcs)[number]): number =>
    world.demand[row]!.peakPerS[0]! / (table.perModulePerS[entry]! * world.limits.headroomRatio);
  for (const row of world.demand.keys()) {
    builder.addRow(-Infinity, 1);
    for (const arc of arcs) if (arc.row === row) builder.addEntry(arc.col, 1);
  }
  for (const [spot, { site, module }] of spots.entries()) {
    const least = world.modules[module]!.minUtilizationRatio ?? 0;
    const bought = boughtOf(world, standing, spot);
    // Where some stand already they may idle, so what is bought is used by what they leave.
    builder.addRow(bought > 0 ? least * bought : -Infinity, counts[spot]!);
    for (const arc of arcs) if (arc.spot === spot) builder.addEntry(arc.col, loadOf(arc));
    const { parent, backhaulGbps } = world.sites[site]!;
    if (parent === undefined || backhaulGbps === undefined) continue;
    builder.addRow(-Infinity, backhaulGbps);
    for (const arc of arcs) {
      const { peakPerS, workload } = world.demand[arc.row]!;
      const gbps = (peakPerS[0]! * (world.workloads[workload]!.backhaulBytes ?? 0) * 8) / 1e9;
      if (spots[arc.spot]!.site === site) builder.addEntry(arc.col, gbps);
    }
  }
  const debt = world.owners[1]!.debt;
  if (debt !== undefined && debt.leastCoverage !== null) {
    builder.addRow(fixedDebtUsd(world, standing, debt), Infinity);
    for (const arc of arcs) if (spots[arc.spot]!.site > 0) builder.addEntry(arc.col, arc.earnsUsd);
  }
  const result = await solver.solve(builder.build(), { timeLimitS: 10, relativeGap: 0, seed: 1 });
  if (result.solution === null) return Infinity;
  const flows = arcs.map(({ row, spot, entry, col }) => {
    const demand = world.demand[row]!;
    const serving = servingAt(policy, demand.workload, spots[spot]!.module);
    const { energyKwhPerRequest } = serving.options[table.option[entry]!]!;
    const share = result.solution![col]!;
    const rates = { peakPerS: demand.peakPerS[0]! * share, meanPerS: demand.meanPerS[0]! * share };
    return { row, pool: spot, ...rates, energyKwhPerRequest };
  });
  const pools = spots.map((spot, index) => ({ ...spot, count: counts[index]!, trainingCount: 0 }));
  const upgrades = upgraded ? [{ site: 1, upgrade: 0 }] : [];
  return annualCost(world, { pools, flows, upgrades }, 0).totalUsdPerYear;
}

/** What the sites of the indebted owner must earn beyond egress and energy of requests, USD/year. */
function fixedDebtUsd(world: World, standing: Standing, debt: NonNullable<World["owners"][number]["debt"]>): number {
  const annuity = (capexUsd: number, years: number): number =>
    (capexUsd * debt.shareRatio * debt.ratePerYear) / (1 - (1 + debt.ratePerYear) ** -years);
  let [serviceUsd, runningUsd] = [0, 0];
  for (const [spot, { site, module }] of standing.spots.entries()) {
    if (site === 0) continue;
    const price = moduleAnnualUsd(world, site, module);
    const count = standing.counts[spot]!;
    runningUsd += count * (price.maintenanceUsd + price.idleEnergyUsd);
    serviceUsd += count * annuity(price.acceleratorsCapexUsd, world.modules[module]!.lifeYears);
    serviceUsd += count * annuity(price.buildingCapexUsd, world.sites[site]!.buildLifeYears);
  }
  for (const [site, open] of opens(world, standing).entries()) {
    if (!open || site === 0) continue;
    runningUsd += world.sites[site]!.fixedOpexUsdPerYear;
    serviceUsd += annuity(world.sites[site]!.openingCapexUsd, world.sites[site]!.buildLifeYears);
  }
  const place = world.sites[1]!;
  if (standing.upgraded) serviceUsd += annuity(place.upgrades![0]!.priceUsd, place.buildLifeYears);
  return debt.leastCoverage! * serviceUsd + runningUsd;
}

const throughJson = (document: PlanDocument): PlanDocument => JSON.parse(JSON.stringify(document)) as PlanDocument;

describe("plans under every family of limits", () => {
  it("cost what the cheapest plan found by trying everything costs", async () => {
    await fc.assert(
      fc.asyncProperty(familyWorld, async (world) => {
        const expected = await cheapest(world);
        const document = await planScenario(world, tools, proven);
        expect(document.status).toBe("optimal");
        // The dearest plan of these worlds costs millions; a cent is rounding.
        expect(Math.abs(document.objectiveUsdPerYear! - expected)).toBeLessThan(1e-6 * Math.abs(expected) + 0.01);
      }),
      { numRuns: runs(9) },
    );
  }, 180_000);

  it("are accepted by the checker, which reads nothing but the world, after a journey through JSON", async () => {
    await fc.assert(
      fc.asyncProperty(familyWorld, async (world) => {
        const verification = verifyPlan(throughJson(await planScenario(world, tools, proven)));
        expect(verification.findings).toEqual([]);
        expect(verification.certifiedBoundUsd!).toBeLessThanOrEqual(verification.recomputedUsd! * (1 + 1e-9) + 0.01);
      }),
      { numRuns: runs(16) },
    );
  });

  it("are found feasible, and bounded from below, by the decomposition too", async () => {
    await fc.assert(
      fc.asyncProperty(familyWorld, async (world) => {
        const { problem } = worldProblem(world, 0);
        const path = { relativeGap: 1e-9, timeLimitS: 30, seed: 1 };
        const { objectiveUsd: optimum, solution } = await solveProblem(problem, tools, path);
        expect(checkSolution(problem, solution)).toEqual([]);
        const result = await solveDecomposed(problem, tools, path);
        expect(checkSolution(problem, result.solution)).toEqual([]);
        expect(result.objectiveUsd).toBeGreaterThanOrEqual(optimum - 1e-6 * Math.abs(optimum) - 0.01);
        expect(result.bestBoundUsd).toBeLessThanOrEqual(optimum + 1e-6 * Math.abs(optimum) + 0.01);
      }),
      { numRuns: runs(14) },
    );
  });
});
