/**
 * Checks a plan document without a solver and without trusting how it was made: every limit of the world against what
 * stands, every flow against the routing policy, the cost against finance, and the bound against the certificate. One pass
 * over flows and arcs.
 */
import type { World } from "../catalog/index.ts";
import { annualCost, isAlwaysOpen, moduleAnnualUsd, siteAnnualUsd } from "../finance/index.ts";
import { compilePolicy, emptyJudgement, judge, trainingRate } from "../route/index.ts";
import { recomputeBound } from "./certificate.ts";
import type { PlanDocument } from "./plan-document.ts";
import { gapOf } from "./solution-path.ts";
import { worldProblem } from "./world-problem.ts";

/** Something in the document that does not hold. */
export interface Finding {
  /** Where in the document, for example `deployment.flows[12]`. */
  readonly where: string;
  readonly message: string;
}

export interface Verification {
  /** No finding: the plan is feasible, costs what it says and is proven within `certifiedGap`. */
  readonly ok: boolean;
  readonly findings: readonly Finding[];
  /** USD/year, from the world and the deployment alone; null when the document has no plan. */
  readonly recomputedUsdPerYear: number | null;
  /** USD/year, from the certificate alone; null when there is none. */
  readonly certifiedBoundUsdPerYear: number | null;
  /** (cost − certified bound) / cost; what anyone can check. Null without a certificate. */
  readonly certifiedGap: number | null;
  /** One sentence for people. */
  readonly sentence: string;
}

/** Relative slack for sums of rounded numbers. */
const tolerance = 1e-6;
/** Findings listed; a thoroughly broken document would have one per flow. */
const findingsListed = 50;

export function verifyPlan(document: PlanDocument): Verification {
  const findings: Finding[] = [];
  const report = (where: string, message: string): void => {
    if (findings.length < findingsListed) findings.push({ where, message });
  };
  if (document.format !== "disperse/plan/v1") {
    return refused([{ where: "format", message: `this is no plan document: format is ${String(document.format)}` }]);
  }
  if (document.status === "infeasible" || document.objectiveUsdPerYear === null) {
    return refused([{ where: "status", message: "the document says that no plan exists; there is nothing to verify" }]);
  }
  const { world, period, deployment } = document;
  checkStructure(document, report);
  if (findings.length > 0) return refused(findings);
  checkFlows(document, report);
  checkLimits(world, period, document, report);
  checkTraining(document, report);

  const uses = document.training.map(({ training, pool, modules }) => ({ demand: training, pool, modules }));
  const cost = annualCost(world, { ...deployment, training: uses }, period).totalUsdPerYear;
  if (!near(cost, document.objectiveUsdPerYear)) {
    report("objectiveUsdPerYear", `says ${document.objectiveUsdPerYear}, the plan costs ${cost} USD/year`);
  }
  if (document.cost === null || !near(cost, document.cost.totalUsdPerYear)) {
    report("cost.totalUsdPerYear", `says ${document.cost?.totalUsdPerYear}, the plan costs ${cost} USD/year`);
  }
  const bound = document.bestBoundUsdPerYear ?? Number.NaN;
  if (!(bound <= cost * (1 + tolerance)))
    report("bestBoundUsdPerYear", `${bound} lies above the cost of the plan, ${cost}`);
  if (!(Math.abs((document.relativeGap ?? Number.NaN) - gapOf(document.objectiveUsdPerYear, bound)) <= tolerance)) {
    report(
      "relativeGap",
      `says ${document.relativeGap}, objective and bound give ${gapOf(document.objectiveUsdPerYear, bound)}`,
    );
  }

  let certified: number | null = null;
  if (document.certificate === null) report("certificate", "is missing: the bound cannot be checked");
  else {
    certified = recomputeBound(worldProblem(world, period).problem, document.certificate);
    const said = document.certificate.boundUsd;
    if (!(certified >= said - tolerance * Math.max(1, Math.abs(said)))) {
      report("certificate", `says it proves ${said}, its prices prove ${certified} USD/year`);
    }
    if (certified > cost * (1 + tolerance)) {
      report(
        "certificate",
        `its prices prove ${certified}, more than the plan costs; the world or the prices were changed`,
      );
    }
  }
  const certifiedGap = certified === null || !Number.isFinite(certified) ? null : gapOf(cost, certified);
  const ok = findings.length === 0;
  const percent = (value: number): string => `${(value * 100).toFixed(3)} %`;
  return {
    ok,
    findings,
    recomputedUsdPerYear: cost,
    certifiedBoundUsdPerYear: certified,
    certifiedGap,
    sentence: ok
      ? `Every limit holds, the cost is right, and no plan can be cheaper by more than ${percent(certifiedGap!)}.`
      : `Refused: ${findings[0]!.where}: ${findings[0]!.message}`,
  };
}

type Report = (where: string, message: string) => void;

function refused(findings: readonly Finding[]): Verification {
  return {
    ok: false,
    findings,
    recomputedUsdPerYear: null,
    certifiedBoundUsdPerYear: null,
    certifiedGap: null,
    sentence: `Refused: ${findings[0]!.where}: ${findings[0]!.message}`,
  };
}

function near(a: number, b: number): boolean {
  return Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(a), Math.abs(b));
}

/** Positions must exist and numbers must be numbers before anything is computed from them. */
function checkStructure({ world, period, deployment, training }: PlanDocument, report: Report): void {
  if (world.periods[period] === undefined) report("period", `the world has no period ${period}`);
  for (const [i, pool] of deployment.pools.entries()) {
    const where = `deployment.pools[${i}]`;
    if (world.sites[pool.site] === undefined) report(where, `the world has no site ${pool.site}`);
    if (world.modules[pool.module] === undefined) report(where, `the world has no module ${pool.module}`);
    for (const count of [pool.count, pool.trainingCount]) {
      if (!Number.isInteger(count) || count < 0) report(where, `${count} modules is not a whole number of at least 0`);
    }
  }
  for (const [i, flow] of deployment.flows.entries()) {
    const where = `deployment.flows[${i}]`;
    if (world.demand[flow.row] === undefined) report(where, `the world has no demand row ${flow.row}`);
    if (deployment.pools[flow.pool] === undefined) report(where, `the plan has no pool ${flow.pool}`);
    for (const rate of [flow.peakPerS, flow.meanPerS, flow.energyKwhPerRequest]) {
      if (!(rate >= 0 && rate < Infinity)) report(where, `${rate} is no rate or energy`);
    }
  }
  for (const [i, placement] of training.entries()) {
    const where = `training[${i}]`;
    if (world.training[placement.training] === undefined)
      report(where, `the world has no training ${placement.training}`);
    if (deployment.pools[placement.pool] === undefined) report(where, `the plan has no pool ${placement.pool}`);
    if (!(placement.modules >= 0 && placement.modules < Infinity))
      report(where, `${placement.modules} is no number of modules`);
  }
}

/** People's words for a demand row. */
function nameOfRow(world: World, row: number): string {
  const { workload, area, access } = world.demand[row]!;
  return `${world.workloads[workload]!.id} from ${world.areas[area]!.id} over ${world.accessTypes[access]!.id}`;
}

/** Eligibility and rate of every flow, demand of every row, capacity of every pool. */
function checkFlows({ world, period, deployment }: PlanDocument, report: Report): void {
  const policy = compilePolicy(world, period);
  const judgement = emptyJudgement();
  const busy = new Float64Array(deployment.pools.length);
  const peak = new Float64Array(world.demand.length);
  const mean = new Float64Array(world.demand.length);
  for (const [i, flow] of deployment.flows.entries()) {
    const origin = world.demand[flow.row]!;
    const pool = deployment.pools[flow.pool]!;
    const where = `deployment.flows[${i}]`;
    const who = `${nameOfRow(world, flow.row)} to ${pool.id}`;
    const reason = judge(policy, origin, pool.site, pool.module, judgement);
    if (reason !== null) {
      report(where, `${who} is not allowed: ${reason}`);
      continue;
    }
    const serving = policy.serving[origin.workload * world.modules.length + pool.module]!;
    const { energyKwhPerRequest } = serving.options[judgement.option]!;
    if (!near(flow.energyKwhPerRequest, energyKwhPerRequest)) {
      report(where, `${who}: a request takes ${energyKwhPerRequest} kWh, the plan says ${flow.energyKwhPerRequest}`);
    }
    const demandPeak = origin.peakPerS[period]!;
    const demandMean = origin.meanPerS[period]!;
    if (
      Math.abs(flow.peakPerS * demandMean - flow.meanPerS * demandPeak) >
      tolerance * Math.max(1e-12, demandMean * demandPeak)
    ) {
      report(where, `${who}: peak and mean are not the same share of the demand`);
    }
    busy[flow.pool]! += flow.peakPerS / (judgement.perModulePerS * world.limits.headroomRatio);
    peak[flow.row]! += flow.peakPerS;
    mean[flow.row]! += flow.meanPerS;
  }
  for (const [row, demand] of world.demand.entries()) {
    if (
      peak[row]! > demand.peakPerS[period]! * (1 + tolerance) ||
      mean[row]! > demand.meanPerS[period]! * (1 + tolerance)
    ) {
      report(`world.demand[${row}]`, `${nameOfRow(world, row)}: more is served than asked for`);
    }
  }
  for (const [i, pool] of deployment.pools.entries()) {
    if (busy[i]! > pool.count + tolerance * Math.max(1, pool.count)) {
      report(`deployment.pools[${i}]`, `capacity of ${pool.id}: ${busy[i]} modules are needed, ${pool.count} stand`);
    }
  }
}

/** Power, ports, opening, budgets, zones, supply and export, from the world's own figures. */
function checkLimits(world: World, period: number, { deployment }: PlanDocument, report: Report): void {
  const kw = new Float64Array(world.sites.length);
  const gbps = new Float64Array(world.sites.length);
  const bought = new Float64Array(world.modules.length);
  const capexUsd = new Float64Array(world.owners.length);
  const standing = new Uint8Array(world.sites.length);
  const counts = new Map<number, number>();
  for (const [i, pool] of deployment.pools.entries()) {
    const site = world.sites[pool.site]!;
    const module = world.modules[pool.module]!;
    const count = pool.count + pool.trainingCount;
    const key = pool.site * world.modules.length + pool.module;
    if (counts.has(key)) report(`deployment.pools[${i}]`, `${pool.id} is listed twice`);
    counts.set(key, count);
    if (count > 0) standing[pool.site] = 1;
    if (count > 0 && site.status === "forbidden") report(`deployment.pools[${i}]`, `site ${site.id} is forbidden`);
    kw[pool.site]! += count * module.powerKw * site.pue;
    const installed = site.installed.reduce(
      (sum, entry) => (entry.module === pool.module ? sum + entry.count : sum),
      0,
    );
    const fresh = Math.max(0, count - installed);
    const price = moduleAnnualUsd(world, pool.site, pool.module);
    bought[pool.module]! += fresh;
    capexUsd[site.owner]! += fresh * (price.acceleratorsCapexUsd + price.buildingCapexUsd);
  }
  for (const flow of deployment.flows) {
    const bytes = world.workloads[world.demand[flow.row]!.workload]!.responseBytes;
    gbps[deployment.pools[flow.pool]!.site]! += (flow.peakPerS * bytes * 8) / 1e9;
  }
  const require = (where: string, name: string, used: number, upper: number | null | undefined): void => {
    if (upper === null || upper === undefined) return;
    if (used > upper + tolerance * Math.max(1, upper)) report(where, `${name}: ${used} is used, ${upper} is allowed`);
  };
  let open = 0;
  for (const [index, site] of world.sites.entries()) {
    require(`world.sites[${index}]`, `power of site ${site.id}, kW`, kw[index]!, site.powerLimitKw[period]!);
    require(`world.sites[${index}]`, `ports of site ${site.id}, Gbit/s`, gbps[index]!, site.portGbps);
    if (!standing[index] && !isAlwaysOpen(site)) continue;
    open++;
    capexUsd[site.owner]! += siteAnnualUsd(world, index).openingCapexUsd;
  }
  require("world.limits.maxSites", "most sites", open, world.limits.maxSites);
  require("world.limits.budgetUsd", "budget, USD", capexUsd.reduce((sum, usd) => sum + usd, 0), world.limits.budgetUsd[
    period
  ]);
  for (const [index, owner] of world.owners.entries()) {
    require(`world.owners[${index}]`, `budget of ${owner.id}, USD`, capexUsd[index]!, owner.capexBudgetUsd[period]);
  }
  for (const [index, zone] of world.limits.zones.entries()) {
    const used = zone.sites.reduce((sum, site) => sum + kw[site]!, 0);
    require(`world.limits.zones[${index}]`, `power of zone ${zone.id}, kW`, used, zone.powerLimitKw[period]!);
  }
  for (const [index, module] of world.modules.entries()) {
    require(`world.modules[${index}]`, `supply of ${module.id}`, bought[index]!, module.supplyPerPeriod[period]);
  }
}

/** Training stands where it may, on modules set apart for it. */
function checkTraining({ world, period, deployment, training }: PlanDocument, report: Report): void {
  const policy = compilePolicy(world, period);
  const used = new Float64Array(deployment.pools.length);
  for (const [i, placement] of training.entries()) {
    const pool = deployment.pools[placement.pool]!;
    const { pflops, reason } = trainingRate(policy, placement.training, pool.site, pool.module);
    const id = world.training[placement.training]!.id;
    if (reason !== null) report(`training[${i}]`, `${id} may not run at ${pool.id}: ${reason}`);
    else if (!near(placement.modules * pflops, placement.pflops)) {
      report(
        `training[${i}]`,
        `${id} at ${pool.id}: ${placement.modules} modules give ${placement.modules * pflops} PFLOP/s`,
      );
    }
    used[placement.pool]! += placement.modules;
  }
  for (const [i, pool] of deployment.pools.entries()) {
    if (used[i]! > pool.trainingCount + tolerance * Math.max(1, pool.trainingCount)) {
      report(`deployment.pools[${i}]`, `${pool.id}: ${used[i]} modules train, ${pool.trainingCount} are set apart`);
    }
  }
}
