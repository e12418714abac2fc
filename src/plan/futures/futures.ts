/**
 * One plan for several futures: sites and modules are decided now, once for all of them; who is served from where is decided
 * when the future has come. What knowing the future would be worth, and what it costs to plan for the average alone, comes
 * out beside it.
 */
import { buildModel, StoppedEarly } from "../problem/build-model.ts";
import type { World } from "../../catalog/index.ts";
import { brokenLimits, findClashes, type Clash } from "../document/clashes.ts";
import { expected, type FirstStage, type Future } from "./futures-model.ts";
import { futureDocument } from "./futures-document.ts";
import { firstStageOf } from "./futures-horizon.ts";
import { describeDecision, type FuturesPlan } from "./futures-plan.ts";
import { horizonFutures, singleFutures } from "./futures-problems.ts";
import { decide, searchFutures, wholeUpToArcs, writeForm, type Decision } from "./futures-search.ts";
import { meanWorld } from "./mean-world.ts";
import type { PlanDocument } from "../document/plan-document.ts";
import type { PlanOptions, PlanTools } from "../problem/plan-options.ts";
import { emptySolution, type PathOptions, type PathResult } from "../problem/solution-path.ts";
import { solveProblem } from "../search/solve-problem.ts";

/** A world that may come, with its name in the scenario. */
export interface FutureWorld {
  readonly name: string;
  readonly probability: number;
  readonly world: World;
}

export interface FuturesTools extends PlanTools {
  /** Called before each search, with what it is for. */
  readonly onStep?: (label: string) => void;
  /** Takes the plan that `documentOf` asks for. */
  readonly onDocument?: (plan: PlanDocument) => void;
  /** Hears why there is no such plan, which takes nothing from what was decided; without it that is thrown. */
  readonly onNoDocument?: (why: string) => void;
}

export interface FuturesOptions extends PlanOptions {
  /** Look for the decision whose greatest regret is least too. */
  readonly leastRegret?: boolean;
  /** Write the plan of this future that begins with the common decision. */
  readonly documentOf?: string;
}

/**
 * @throws StoppedEarly when the caller stops it, or time is up, before there are models.
 * @throws RangeError when the futures do not agree about sites, modules or periods, or probabilities do not sum to 1, or when
 * the plan asked for cannot be written and nobody hears of it; see `futureDocument`.
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
  const isHorizon = options.period === undefined && average.periods.length > 1;
  const everyWorld = [...worlds.map(({ world }) => world), average];
  const building = isHorizon ? horizonFutures(everyWorld) : singleFutures(everyWorld, period);
  const planned = await buildModel(building, tools, options);
  const planOfAverage = planned.pop()!;
  const futures = worlds.map(({ name, probability }, s): Future => {
    const { problem, decided } = planned[s]!;
    return { name, probability, problem, ...(decided !== undefined && { decided }) };
  });
  const head = {
    format: "disperse/futures/v1",
    name: average.name,
    inputHash: options.inputHash ?? "",
    catalogVersion: average.catalogVersion,
    period: average.periods[period]!.id,
    ...(isHorizon && { periods: average.periods.map(({ id }) => id) }),
  } as const;
  const clashes = planned.flatMap(({ periods }, s) =>
    periods.flatMap((entry) => {
      const where = isHorizon ? `${worlds[s]!.name}, period ${average.periods[entry.period]!.id}` : worlds[s]!.name;
      const found = findClashes(entry, isHorizon && entry.period > 0);
      return found.map((clash) => ({ ...clash, detail: `in ${where}: ${clash.detail}` }));
    }),
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
    const plan = alone[s]!;
    const first = firstStageOf(plan.solution, futures[s]!);
    named.push({ name, decision: await decide(first, futures, tools, path, { future: s, plan }) });
  }
  const averageDecision = await decide(firstStageOf(ofAverage.solution, futures[0]!), futures, tools, path);
  named.push({ name: "average", decision: averageDecision });
  // What is forced alone can be built in every future, but where something has to be earned or used it may not be enough.
  const least = await decide(leastOf(futures), futures, tools, path, undefined, true);
  const candidates = [...named.map(({ decision }) => decision), least];

  tools.onStep?.("all of them");
  const search = await searchFutures(futures, alone, candidates, tools, path);
  if (search.best.expectedUsdPerYear === Infinity) {
    // That no decision can be kept everywhere is an answer only where each was looked at.
    const isOpen = [search.best, ...candidates].some(({ lacks }) => lacks.includes("not-found"));
    if (isOpen)
      throw new StoppedEarly("looking for a decision that every future can keep", options.signal?.aborted === true);
    const ids = isHorizon ? average.periods.map(({ id }) => id) : [];
    const single = futures.flatMap(({ name, problem }, s) =>
      brokenLimits(problem, alone[s]!.solution, average, ids).map((clash) => ({
        ...clash,
        detail: `in ${name}: ${clash.detail}`,
      })),
    );
    return { ...head, ...nothing, clashes: single.length > 0 ? single : disagreement };
  }
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
  const wanted = worlds.findIndex(({ name }) => name === options.documentOf);
  if (wanted >= 0) {
    const { name, world } = worlds[wanted]!;
    tools.onStep?.(`the plan for ${name}`);
    try {
      const plan = await futureDocument(world, name, search.best.first, planned[wanted]!, tools, options);
      tools.onDocument?.(plan);
    } catch (error) {
      if (!(error instanceof RangeError) || tools.onNoDocument === undefined) throw error;
      tools.onNoDocument(error.message);
    }
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
    detail:
      "no decision was found that every future can keep: what one forces to be built, another forbids or cannot pay for",
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

/** What every future forces, and no more. */
function leastOf(futures: readonly Future[]): FirstStage {
  const all = futures.map((future) => firstStageOf(emptySolution(future.problem), future));
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
  const form = writeForm(futures, bestAlone);
  const { onProgress: _quiet, ...quietly } = path;
  const result = await tools.solver.solve(form.model, quietly);
  if (result.solution !== null) {
    const found = await decide(form.firstStage(result.solution), futures, tools, path);
    if (regretOf(found) < regretOf(best)) best = found;
  }
  return best;
}
