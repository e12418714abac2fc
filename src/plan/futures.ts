/**
 * One plan for several futures: sites and modules are decided now, once for all of them; who is served from where is decided
 * when the future has come. What knowing the future would be worth, and what it costs to plan for the average alone, comes
 * out beside it.
 */
import type { World } from "../catalog/index.ts";
import { findClashes, type Clash } from "./clashes.ts";
import { expected, writeExtensiveForm, type FirstStage, type Future } from "./futures-model.ts";
import { describeDecision, type FuturesPlan } from "./futures-plan.ts";
import { cheapest, decide, searchFutures, wholeUpToArcs, type Decision } from "./futures-search.ts";
import { meanWorld } from "./mean-world.ts";
import { fleetKey } from "./period-terms.ts";
import type { PlanOptions, PlanTools } from "./plan-options.ts";
import { emptySolution, type PathOptions, type PathResult } from "./solution-path.ts";
import { solveProblem } from "./solve-problem.ts";
import { worldProblem, type WorldProblem } from "./world-problem.ts";

/** A world that may come, with its name in the scenario. */
export interface FutureWorld {
  readonly name: string;
  readonly probability: number;
  readonly world: World;
}

export interface FuturesTools extends PlanTools {
  /** Called before each search, with what it is for. */
  readonly onStep?: (label: string) => void;
}

export interface FuturesOptions extends PlanOptions {
  /** Look for the decision whose greatest regret is least too. */
  readonly leastRegret?: boolean;
}

/**
 * @throws RangeError when the futures do not agree about sites, modules or periods, or probabilities do not sum to 1.
 */
export async function planFutures(
  worlds: readonly FutureWorld[],
  tools: FuturesTools,
  options: FuturesOptions = {},
): Promise<FuturesPlan> {
  requireComparable(worlds);
  const period = options.period ?? 0;
  const path: PathOptions = {
    relativeGap: options.relativeGap ?? 0.005,
    timeLimitS: options.timeLimitS ?? 60,
    seed: options.seed ?? 1,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    ...(tools.onProgress === undefined ? {} : { onProgress: tools.onProgress }),
  };
  const average = meanWorld(
    worlds.map(({ world }) => world),
    worlds.map(({ probability }) => probability),
  );
  const planned = alignedProblems([...worlds.map(({ world }) => world), average], period);
  const planOfAverage = planned.pop()!;
  const futures = worlds.map(({ name, probability }, s) => ({ name, probability, problem: planned[s]!.problem }));
  const head = {
    format: "disperse/futures/v1",
    name: average.name,
    inputHash: options.inputHash ?? "",
    catalogVersion: average.catalogVersion,
    period: average.periods[period]!.id,
  } as const;
  const clashes = planned.flatMap((entry, s) =>
    findClashes(entry).map((clash) => ({ ...clash, detail: `in ${worlds[s]!.name}: ${clash.detail}` })),
  );
  if (clashes.length > 0) return { ...head, ...nothing, clashes };

  const alone: PathResult[] = [];
  for (const { name, problem } of futures) {
    tools.onStep?.(`${name} alone`);
    alone.push(await solveProblem(problem, tools, path));
  }
  tools.onStep?.("their average");
  const ofAverage = await solveProblem(planOfAverage.problem, tools, path);
  const named: { name: string; decision: Decision }[] = [];
  for (const [s, { name }] of futures.entries()) {
    named.push({ name, decision: await decide(alone[s]!.solution, futures, tools, path) });
  }
  const averageDecision = await decide(ofAverage.solution, futures, tools, path);
  named.push({ name: "average", decision: averageDecision });
  // What is forced alone can be built in every future that has a plan at all, so there always is a decision.
  const least = await decide(leastOf(futures), futures, tools, path);
  const candidates = [...named.map(({ decision }) => decision), least];
  if (cheapest(candidates).expectedUsdPerYear === Infinity) return { ...head, ...nothing, clashes: disagreement };

  tools.onStep?.("all of them");
  const search = await searchFutures(futures, alone, candidates, tools, path);
  const bestAlone = futures.map((_, s) =>
    // A common decision may beat the plan found for a future alone when that one has a gap.
    Math.min(
      alone[s]!.objectiveUsd,
      ...[...candidates, search.best].map((entry) => entry.recourse[s]?.usdPerYear ?? Infinity),
    ),
  );
  named.unshift({ name: "common", decision: search.best });
  if (options.leastRegret === true) {
    tools.onStep?.("least regret");
    const decision = await leastRegret(futures, bestAlone, [search.best, ...candidates], tools, path);
    named.push({ name: "least-regret", decision });
  }
  const waitAndSee = expected(futures, bestAlone);
  const waitAndSeeBound = expected(
    futures,
    alone.map((result) => result.bestBoundUsd),
  );
  const { expectedUsdPerYear } = search.best;
  const bound = search.boundUsdPerYear;
  return {
    ...head,
    status: search.status,
    method: search.method,
    expectedUsdPerYear,
    bestBoundUsdPerYear: bound,
    relativeGap: search.relativeGap,
    futures: futures.map(({ name, probability }, s) => ({
      name,
      probability,
      aloneUsdPerYear: bestAlone[s]!,
      aloneBoundUsdPerYear: alone[s]!.bestBoundUsd,
    })),
    waitAndSeeUsdPerYear: waitAndSee,
    evpi: {
      usdPerYear: expectedUsdPerYear - waitAndSee,
      atLeastUsdPerYear: Math.max(0, bound - waitAndSee),
      atMostUsdPerYear: expectedUsdPerYear - waitAndSeeBound,
    },
    vss:
      averageDecision.expectedUsdPerYear === Infinity
        ? null
        : {
            usdPerYear: averageDecision.expectedUsdPerYear - expectedUsdPerYear,
            atLeastUsdPerYear: Math.max(0, averageDecision.expectedUsdPerYear - expectedUsdPerYear),
            atMostUsdPerYear: averageDecision.expectedUsdPerYear - bound,
          },
    decisions: named.map(({ name, decision }) => describeDecision(name, decision, futures, planned, bestAlone)),
    clashes: [],
  };
}

const nothing = {
  status: "infeasible",
  method: "exact",
  expectedUsdPerYear: null,
  bestBoundUsdPerYear: null,
  relativeGap: null,
  futures: [],
  waitAndSeeUsdPerYear: null,
  evpi: null,
  vss: null,
  decisions: [],
} as const;

const disagreement: readonly Clash[] = [
  {
    limits: ["one decision for all futures", "what each future forces"],
    detail: "what one future forces to be built, another forbids or cannot pay for",
  },
];

function requireComparable(worlds: readonly FutureWorld[]): void {
  const [first] = worlds;
  if (first === undefined) throw new RangeError("there are no futures");
  const sum = worlds.reduce((total, { probability }) => total + probability, 0);
  if (!(Math.abs(sum - 1) <= 1e-6)) throw new RangeError(`the probabilities sum to ${sum}, not to 1`);
  const kinds = ["periods", "sites", "modules"] as const;
  for (const { name, world } of worlds) {
    for (const kind of kinds) {
      const ids = (of: World): string => JSON.stringify(of[kind].map(({ id }) => id));
      if (ids(world) !== ids(first.world)) {
        throw new RangeError(`the futures ${first.name} and ${name} do not have the same ${kind}`);
      }
    }
  }
}

/** The problems of all worlds with the same pools: what one future has a use for may be built, idle, in every other. */
function alignedProblems(worlds: readonly World[], period: number): WorldProblem[] {
  const alone = worlds.map((world) => worldProblem(world, period));
  const keys = new Set<number>();
  for (const { world, problem, poolModule, poolTrains, firstAuxiliary } of alone) {
    for (let pool = 0; pool < firstAuxiliary; pool++) {
      keys.add(fleetKey(world, problem.pools.site[pool]!, poolModule[pool]!, poolTrains[pool] === 1));
    }
  }
  if (alone.every(({ firstAuxiliary }) => firstAuxiliary === keys.size)) return alone;
  const aligned = worlds.map((world) => worldProblem(world, period, { kind: "alone" }, keys));
  const counts = new Set(aligned.map(({ problem }) => problem.pools.count));
  if (counts.size > 1) throw new RangeError("the futures do not have the same modules installed");
  return aligned;
}

/** What every future forces, and no more. */
function leastOf(futures: readonly Future[]): FirstStage {
  const all = futures.map(({ problem }) => emptySolution(problem));
  return {
    open: all[0]!.open.map((_, site) => (all.some(({ open }) => open[site] === 1) ? 1 : 0)),
    modules: all[0]!.modules.map((_, pool) => Math.max(...all.map(({ modules }) => modules[pool]!))),
  };
}

/** The decision whose greatest regret is least; for large problems, the best of those found on the way. */
async function leastRegret(
  futures: readonly Future[],
  bestAlone: readonly number[],
  candidates: readonly Decision[],
  tools: PlanTools,
  path: PathOptions,
): Promise<Decision> {
  const regretOf = ({ recourse }: Decision): number =>
    Math.max(...recourse.map((entry, s) => (entry?.usdPerYear ?? Infinity) - bestAlone[s]!));
  let best = candidates.reduce((a, b) => (regretOf(b) < regretOf(a) ? b : a));
  const arcs = futures.reduce((sum, { problem }) => sum + problem.arcs.pool.length, 0);
  if (arcs > wholeUpToArcs) return best;
  const form = writeExtensiveForm(futures, bestAlone);
  const { onProgress: _quiet, ...quietly } = path;
  const result = await tools.solver.solve(form.model, quietly);
  if (result.solution !== null) {
    const found = await decide(form.firstStage(result.solution), futures, tools, path);
    if (regretOf(found) < regretOf(best)) best = found;
  }
  return best;
}
