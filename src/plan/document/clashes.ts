/**
 * Wishes that cannot all be met. Demand can always be left unserved at a price, so only what the scenario forces can clash
 * with a limit: the plan that does nothing but what is forced either holds, or names the clash.
 */
import type { World } from "../../catalog/index.ts";
import { isAlwaysOpen } from "../../finance/index.ts";
import { trainingRate } from "../../route/index.ts";
import { isTwoSided, type CouplingLimit } from "../problem/coupling-limit.ts";
import { money } from "../problem/money.ts";
import { upgradedKw } from "../problem/auxiliary-pools.ts";
import { checkSolution, objectiveUsd, type PlanProblem, type ProblemSolution } from "../problem/problem.ts";
import { emptySolution } from "../problem/solution-path.ts";
import type { WorldProblem } from "../world/world-problem.ts";

/** A smallest set of named wishes and limits that cannot hold together: dropping any one of them ends the clash. */
export interface Clash {
  readonly limits: readonly string[];
  readonly detail: string;
  /** Whether other limits may belong to it: these are those that no plan was found to keep. */
  readonly isPart?: true;
}

/**
 * All clashes of the world in the period; empty when a plan exists.
 *
 * @param isLater Whether it follows another period of the same plan: what was forced open then is not bought again.
 */
export function findClashes(planned: WorldProblem, isLater = false): Clash[] {
  const { world, period, problem } = planned;
  const stood = (site: number): boolean => isLater && isAlwaysOpen(world, site, period - 1);
  return [
    ...limitClashes(world, problem, stood),
    ...powerlessSites(planned).map(({ site, limitKw, detail }): Clash => {
      const { id } = world.sites[site]!;
      return { limits: [`site ${id} is forced open`, `power of site ${id} is at most ${limitKw} kW`], detail };
    }),
    ...world.training.flatMap((training, index) => {
      const row = planned.demandRowCount + index;
      const arcs = problem.arcs.starts[row + 1]! - problem.arcs.starts[row]!;
      return training.pflops[period]! > 0 && arcs === 0 ? [homelessTraining(planned, index)] : [];
    }),
  ];
}

/**
 * The limits that the best there is does not keep, as a clash; empty when it is a plan.
 *
 * @param world Where sites, which the problem numbers period by period, have their names from.
 * @param periods Ids of the periods of a horizon, with which the names of its limits end.
 */
export function brokenLimits(
  problem: PlanProblem,
  solution: ProblemSolution,
  { sites }: World,
  periods: readonly string[] = [],
): Clash[] {
  const broken = checkSolution(problem, solution);
  if (broken.length === 0) return [];
  const named = (constraint: string): string => {
    const [, what, number] = /^((?:power of|ports of|forced) site) (\d+)$/.exec(constraint) ?? [];
    if (what === undefined) return constraint;
    const period = periods[Math.floor(Number(number) / sites.length)];
    return `${what} ${sites[Number(number) % sites.length]!.id}${period === undefined ? "" : ` in ${period}`}`;
  };
  const constraints = [...new Set(broken.map((violation) => named(violation.constraint)))];
  const names = acrossPeriods(constraints, periods).slice(0, namedLimits);
  const detail = "no plan was found that keeps what is forced, what stands already and these limits together";
  return [{ limits: names, detail, isPart: true }];
}

/** What a limit is in several periods is one limit to whoever wrote it. */
function acrossPeriods(names: readonly string[], periods: readonly string[]): string[] {
  const byLimit = new Map<string, string[]>();
  for (const name of names) {
    const period = periods.find((id) => name.endsWith(` in ${id}`));
    const limit = period === undefined ? name : name.slice(0, -` in ${period}`.length);
    const found = byLimit.get(limit) ?? [];
    byLimit.set(limit, period === undefined ? found : [...found, period]);
  }
  return [...byLimit].map(([limit, ids]) => {
    if (ids.length === 0) return limit;
    const [first, last] = [ids.slice(0, -1).join(", "), ids.at(-1)!];
    return `${limit} in ${first === "" ? last : `${first} and ${last}`}`;
  });
}

/** Failures no plan was found to survive. */
export function fatalFailures(names: readonly string[]): Clash[] {
  if (names.length === 0) return [];
  const limits = names.slice(0, namedLimits).map((name) => `the plan survives the loss of ${name}`);
  return [{ limits, detail: "serving less does not help either: other limits need what would have to go" }];
}

const namedLimits = 12;

/** What is forced against every coupling limit. */
function limitClashes(world: World, problem: PlanProblem, stood: (site: number) => boolean): Clash[] {
  const least = emptySolution(problem);
  // A cost that is not a number would hide every comparison below.
  if (Number.isNaN(objectiveUsd(problem, least))) throw new Error("a cost in the planning problem is not a number");
  const clashes: Clash[] = [];
  for (const limit of problem.limits) {
    // What serving or building can mend is no clash of what is forced; see `brokenLimits`.
    if (isTwoSided(limit)) continue;
    const wishes: { name: string; weight: number }[] = [];
    for (const [i, site] of limit.sites.entries()) {
      if (limit.of === "purchases" && stood(site)) continue;
      const weight = limit.siteWeights[i]! * least.open[site]!;
      if (weight > 0) wishes.push({ name: `site ${world.sites[site]!.id} is forced open`, weight });
    }
    // The fewest wishes that break the limit are the heaviest ones.
    wishes.sort((a, b) => b.weight - a.weight || (a.name < b.name ? -1 : 1));
    let total = 0;
    let count = 0;
    while (count < wishes.length && total <= limit.upper * (1 + 1e-9)) total += wishes[count++]!.weight;
    if (total > limit.upper * (1 + 1e-9)) {
      clashes.push({
        limits: [...wishes.slice(0, count).map((wish) => wish.name), statementOf(limit)],
        detail: limit.name.startsWith("debt service of ")
          ? `what is forced costs ${money(total)} a year more than its owner can earn`
          : `together they need ${amountOf(limit.name, total)}, the limit is ${amountOf(limit.name, limit.upper)}`,
      });
    }
  }
  return clashes;
}

const statementOf = ({ name, upper }: CouplingLimit): string =>
  name.startsWith("debt service of ") ? `${name} is earned` : `${name} is at most ${amountOf(name, upper)}`;

/** An amount of what a limit of this name counts. */
function amountOf(limit: string, value: number): string {
  if (limit.startsWith("budget")) return money(value);
  return limit.startsWith("power ") ? `${Number(value.toPrecision(6))} kW` : `${Number(value.toPrecision(6))}`;
}

/** A site that must be open but could not power a single module. */
export interface PowerlessSite {
  readonly site: number;
  /** With every upgrade there may be. */
  readonly limitKw: number;
  /** What its smallest module draws; null where no module may stand there. */
  readonly leastKw: number | null;
  readonly detail: string;
}

export function powerlessSites({ world, period, problem, poolModule }: WorldProblem): PowerlessSite[] {
  const smallest = new Float64Array(problem.sites.count).fill(Infinity);
  const module = new Int32Array(problem.sites.count).fill(-1);
  for (let pool = 0; pool < problem.pools.count; pool++) {
    const site = problem.pools.site[pool]!;
    if (poolModule[pool]! >= 0 && problem.pools.kw[pool]! < smallest[site]!) {
      smallest[site] = problem.pools.kw[pool]!;
      module[site] = poolModule[pool]!;
    }
  }
  return [...world.sites.entries()].flatMap(([site, { status, powerLimitKw }]): PowerlessSite[] => {
    if (status !== "forced") return [];
    const limitKw = upgradedKw(world, site, powerLimitKw[period]!, period);
    const leastKw = module[site]! >= 0 ? smallest[site]! : null;
    if (leastKw === null ? limitKw > 0 : leastKw <= limitKw) return [];
    const detail =
      leastKw === null
        ? "it cannot power any module"
        : `its smallest module, ${world.modules[module[site]!]!.name}, draws ${leastKw.toFixed(2)} kW`;
    return [{ site, limitKw, leastKw, detail }];
  });
}

/** Why no site may run a training demand. */
export function homelessTraining({ world, policy }: WorldProblem, index: number): Clash {
  const training = world.training[index]!;
  const cores = world.sites.filter((site) => site.tier === "core" && site.status !== "forbidden");
  const allowed = cores.filter((site) => training.countries === "*" || training.countries.includes(site.country));
  const wish = `training ${training.id} must run`;
  if (cores.length === 0) {
    return { limits: [wish, "there is no core site"], detail: "training is placed at core sites only" };
  }
  if (allowed.length === 0) {
    const countries = training.countries === "*" ? "" : training.countries.join(", ");
    return {
      limits: [wish, `training ${training.id} stays in ${countries}`],
      detail: `core sites stand in ${[...new Set(cores.map((site) => site.country))].sort().join(", ")} only`,
    };
  }
  // The last of the conditions that some module reaches is the one that stands in the way.
  const met = new Set(
    allowed.flatMap((site) =>
      world.modules.map((_, module) => trainingRate(policy, index, world.sites.indexOf(site), module).reason),
    ),
  );
  if (met.has("memory")) {
    return {
      limits: [wish, `training ${training.id} needs ${training.precision}`],
      detail: "no module that may stand at a permitted core site computes in this format",
    };
  }
  if (met.has("interconnect")) {
    return {
      limits: [wish, "training needs NVLink or a fabric between its accelerators"],
      detail: "no module that may stand at a permitted core site has one",
    };
  }
  if (met.has("export")) {
    const countries = [...new Set(allowed.map((site) => site.country))].sort().join(", ");
    return {
      limits: [wish, `export rules for ${countries}`],
      detail: "they keep every module that could train away from the permitted core sites",
    };
  }
  return {
    limits: [wish, "no module may stand at core sites"],
    detail: "none that can be bought or is installed is meant for the core",
  };
}
