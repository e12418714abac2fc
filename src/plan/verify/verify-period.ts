/** The checks of one period of a plan document; see `verify-plan.ts`. */
import type { World } from "../../catalog/index.ts";
import { annualCost } from "../../finance/index.ts";
import { emptyJudgement, judge, servingAt, trainingRate, type Policy } from "../../route/index.ts";
import { certificateFault, pricesRoom, recomputeBound } from "../bound/certificate.ts";
import { withEngines } from "../engine/slots-of-world.ts";
import type { Certificate } from "../problem/prices.ts";
import type { PlanDocument } from "../document/plan-document.ts";
import type { PlanProblem } from "../problem/problem.ts";
import { gapOf } from "../problem/solution-path.ts";
import { checkCoreAlone } from "./verify-core.ts";
import { checkDerived, checkVerdict } from "./verify-derived.ts";
import { checkFailover, withFailureCuts } from "./verify-failover.ts";
import { checkLimits } from "./verify-limits.ts";
import { servingGapOf } from "./verify-worth.ts";
import { digits, near, tolerance, withTolerance, type Checked, type Report, type Standing } from "./verify-terms.ts";
import type { Stage } from "../world/failover-terms.ts";
import { worldProblem } from "../world/world-problem.ts";

/** Gaps are differences of costs over their size. */
export const gapScale = 100;

/** Checks the deployment of `document` in its period; money is USD/year. */
export function verifyPeriod(document: PlanDocument, standing: Standing, report: Report): Checked {
  const { world, period, deployment } = document;
  let broken = false;
  checkStructure(document, (where, message) => {
    broken = true;
    report(where, message);
  });
  if (broken) return { costUsd: null, certifiedUsd: null };
  const planned = standing.kind === "alone" ? worldProblem(world, period) : standing.planned;
  const busy = checkFlows(document, planned.policy, report);
  for (const [pool, modules] of checkTraining(document, planned.policy, report).entries()) busy[pool]! += modules;
  checkLimits(document, busy, standing, report);

  const uses = document.training.map(({ training, pool, modules }) => ({ demand: training, pool, modules }));
  const cost = annualCost(world, { ...deployment, training: uses }, period).totalUsdPerYear;
  const said = document.objectiveUsdPerYear ?? Number.NaN;
  if (!near(cost, said)) report("objectiveUsdPerYear", `says ${said}, the plan costs ${cost} USD/year`);
  if (document.cost === null || !near(cost, document.cost.totalUsdPerYear)) {
    report("cost.totalUsdPerYear", `says ${document.cost?.totalUsdPerYear}, the plan costs ${cost} USD/year`);
  }
  const bound = document.bestBoundUsdPerYear ?? Number.NaN;
  if (!(bound <= withTolerance(cost)))
    report("bestBoundUsdPerYear", `${bound} lies above the cost of the plan, ${cost}`);
  if (!near(document.relativeGap ?? Number.NaN, gapOf(said, bound), gapScale)) {
    report("relativeGap", `says ${document.relativeGap}, objective and bound give ${gapOf(said, bound)}`);
  }

  checkDerived(document, planned, report);
  const servingGap = servingGapOf(document, planned);
  // What follows others is proven together with them.
  if (standing.kind === "following") return { costUsd: cost, certifiedUsd: null, servingGap };
  checkVerdict(document, planned, report);
  const coreAtLeastUsd = checkCoreAlone(document, planned, report);
  checkSearch(document, planned.problem, report);
  checkFailover(document, planned, deployment, report);
  if (document.certificate === null) {
    report("certificate", "is missing: the bound cannot be checked");
    return { costUsd: cost, certifiedUsd: null, coreAtLeastUsd, servingGap };
  }
  const stages = [{ planned, arc: 0, pool: 0 }];
  return {
    costUsd: cost,
    coreAtLeastUsd,
    servingGap,
    certifiedUsd: verifyCertificate(
      pricedProblem(withFailureCuts(document, planned.problem, stages), stages, document.certificate),
      document.certificate,
      cost,
      report,
    ),
  };
}

/** What the document says was searched. */
export function checkSearch({ search, method }: PlanDocument, problem: PlanProblem, report: Report): void {
  if (method !== "exact" && method !== "decomposition") report("method", `says ${String(method)}, which is none`);
  const sizes = { rows: problem.rows.count, arcs: problem.arcs.pool.length, pools: problem.pools.count } as const;
  for (const key of ["rows", "arcs", "pools"] as const) {
    if (search[key] !== sizes[key])
      report(`search.${key}`, `says ${search[key]}, the plan's problem has ${sizes[key]}`);
  }
}

/** The problem that a certificate is of: with its engines where it prices what they take. */
export function pricedProblem(problem: PlanProblem, stages: readonly Stage[], certificate: Certificate): PlanProblem {
  return pricesRoom(problem, certificate) ? withEngines(problem, stages) : problem;
}

/** @returns What the certificate proves, in the money of the problem. */
export function verifyCertificate(
  problem: PlanProblem,
  certificate: Certificate,
  cost: number,
  report: Report,
): number {
  const fault = certificateFault(problem, certificate);
  if (fault !== null) {
    report("certificate", fault);
    return -Infinity;
  }
  const certified = recomputeBound(problem, certificate);
  const proves = certificate.boundUsd;
  if (!near(certified, proves, Math.abs(cost))) {
    report("certificate.boundUsd", `says ${proves}, its prices prove ${certified} USD; one of them was changed`);
  }
  if (certified > withTolerance(cost)) {
    report(
      "certificate",
      `its prices prove ${certified}, more than the plan costs; the world or the prices were changed`,
    );
  }
  return certified;
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
  for (const [i, { site, upgrade }] of (deployment.upgrades ?? []).entries()) {
    if (world.sites[site]?.upgrades?.[upgrade] === undefined)
      report(`deployment.upgrades[${i}]`, `the world has no upgrade ${upgrade} of site ${site}`);
  }
}

/** People's words for a demand row. */
function nameOfRow(world: World, row: number): string {
  const { workload, area, access } = world.demand[row]!;
  return `${world.workloads[workload]!.id} from ${world.areas[area]!.id} over ${world.accessTypes[access]!.id}`;
}

/** Eligibility and rate of every flow, demand of every row, capacity of every pool.
 *
 * @returns Modules busy with requests per pool.
 */
function checkFlows({ world, period, deployment }: PlanDocument, policy: Policy, report: Report): Float64Array {
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
    const serving = servingAt(policy, origin.workload, pool.module);
    const { energyKwhPerRequest } = serving.options[judgement.option]!;
    if (!near(flow.energyKwhPerRequest, energyKwhPerRequest)) {
      report(where, `${who}: a request takes ${energyKwhPerRequest} kWh, the plan says ${flow.energyKwhPerRequest}`);
    }
    const demandPeak = origin.peakPerS[period]!;
    const demandMean = origin.meanPerS[period]!;
    if (
      Math.abs(flow.peakPerS * demandMean - flow.meanPerS * demandPeak) >
      digits * Math.max(1, demandMean * demandPeak)
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
  return busy;
}

/** Training stands where it may, on modules set apart for it.
 *
 * @returns Modules at work for training per pool.
 */
function checkTraining({ world, deployment, training }: PlanDocument, policy: Policy, report: Report): Float64Array {
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
  return used;
}
