/**
 * Wishes about a plan (serve so much, spend no more than that) against everything the scenario limits: whether they can be
 * had together, and if not, the smallest set of wishes and limits that clash and how far each would have to give way.
 */
import { buildModel } from "../problem/build-model.ts";
import { homelessTraining, powerlessSites } from "../document/clashes.ts";
import type { World } from "../../catalog/index.ts";
import { explainPhysics } from "../../route/index.ts";
import { rowsOfArcs } from "../problem/formulate.ts";
import { usefulModules, type PlanProblem } from "../problem/problem.ts";
import { restrictArcs } from "../problem/restrict-arcs.ts";
import type { PathOptions, PathTools } from "../problem/solution-path.ts";
import { findSmallestClash, leastRelaxation, withGroups } from "../document/smallest-clash.ts";
import type { MipModel, SolveOptions } from "../problem/solver.ts";
import { weighWishes, type ServiceWish, type WeighedWishes } from "./weigh-wishes.ts";
import { noticeable, tightUpToArcs, writeModel, type Clashing, type Demand, type Wishes } from "./wishes-model.ts";
import { worldProblemSteps, type WorldProblem } from "../world/world-problem.ts";

export interface WishesAnswer {
  readonly possible: boolean | null;
  /** Empty when everything can be had, or nothing could be told in time. */
  readonly clash: readonly Clashing[];
  /** Whether no smaller set clashes. */
  readonly smallest: boolean;
  /** Where it could not be told: what serving as wished costs at least, and what the cheapest plan found that does costs. */
  readonly atLeastUsdPerYear?: number | null;
  readonly foundUsdPerYear?: number | null;
}

/** Sites named one by one where they give way. */
const namedPlaces = 5;

/** @throws StoppedEarly when the caller stops it, or time is up, before there is a model. */
export async function answerWishes(
  world: World,
  wishes: Wishes,
  tools: PathTools,
  options: PathOptions,
): Promise<WishesAnswer> {
  const whole = await buildModel(worldProblemSteps(world, wishes.period ?? 0), tools, options);
  const planned = onlyWished(whole, wishes);
  const beyond = [outOfReach(planned, wishes), forcedWithoutPower(whole)].find(({ length }) => length > 0) ?? [];
  if (beyond.length > 0) return { possible: false, clash: beyond, smallest: true };
  const { model, demands } = writeModel(planned, wishes);
  const solving = {
    timeLimitS: options.timeLimitS,
    relativeGap: options.relativeGap,
    seed: options.seed,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  };
  const weighed = new Map<string, Promise<WeighedWishes>>();
  const weigh = (kept: ReadonlySet<number>): Promise<WeighedWishes> => {
    const key = [...kept].sort((a, b) => a - b).join(" ");
    const known = weighed.get(key) ?? weighKept(planned, wishes, demands, kept, tools, options);
    weighed.set(key, known);
    return known;
  };
  const isLarge = planned.problem.arcs.pool.length > tightUpToArcs && wishes.costUsdPerYear !== null;
  const unsure = isLarge ? async (kept: ReadonlySet<number>) => (await weigh(kept)).possible : undefined;
  const found = await findSmallestClash(model, demands, tools.solver, solving, unsure);
  if (found === null) {
    const known = isLarge ? await weigh(new Set(demands.keys())) : null;
    return {
      possible: null,
      clash: [],
      smallest: false,
      ...(known !== null && { atLeastUsdPerYear: finite(known.atLeastUsd), foundUsdPerYear: finite(known.foundUsd) }),
    };
  }
  if (found.groups.length === 0) return { possible: found.proven ? true : null, clash: [], smallest: found.proven };
  const clash: Clashing[] = [];
  for (const position of found.groups) {
    const demand = demands[position]!;
    const told = await giveWay(model, demands, found.groups, demand, tools, solving);
    const isCost = isLarge && demand.part.kind === "cost" && told.wouldDo === null;
    const { foundUsd } = isCost ? await weigh(new Set(demands.keys())) : { foundUsd: Infinity };
    clash.push(foundUsd < Infinity ? { ...told, wouldDo: foundUsd, detail: "" } : told);
  }
  return { possible: false, clash, smallest: found.proven };
}

const finite = (usd: number): number | null => (Number.isFinite(usd) ? usd : null);

/** The question with only the demands in `kept`, by prices on what is left unserved. */
async function weighKept(
  { problem }: WorldProblem,
  { costUsdPerYear }: Wishes,
  demands: readonly Demand[],
  kept: ReadonlySet<number>,
  tools: PathTools,
  options: PathOptions,
): Promise<WeighedWishes> {
  const sites = { ...problem.sites, kw: problem.sites.kw.slice(), gbps: problem.sites.gbps.slice() };
  const forced = problem.sites.forced.slice();
  const service: ServiceWish[] = [];
  const lifted = new Set<number>();
  let mostUsd = Infinity;
  for (const [position, { part }] of demands.entries()) {
    const isKept = kept.has(position);
    if (part.kind === "service" && isKept) service.push(part.wish);
    if (part.kind === "cost" && isKept) mostUsd = costUsdPerYear!;
    if (isKept) continue;
    if (part.kind === "limits") for (const limit of part.limits) lifted.add(limit);
    if (part.kind === "power") for (const site of part.sites) sites.kw[site] = Infinity;
    if (part.kind === "ports") for (const site of part.sites) sites.gbps[site] = Infinity;
    if (part.kind === "open") for (const site of part.sites) forced[site] = 0;
  }
  const limits = problem.limits.filter((_, l) => !lifted.has(l));
  // Without a cost in question only serving could clash, which the model itself tells.
  if (mostUsd === Infinity) return { possible: null, atLeastUsd: -Infinity, foundUsd: Infinity };
  return weighWishes({ ...problem, limits, sites: { ...sites, forced } }, service, mostUsd, tools, options);
}

/** An amount by which a limit gives way; less than a megawatt in kilowatts. */
const moreOf = (unit: Clashing["unit"], by: number): string =>
  unit === "MW" && by < 1 ? `${Number((by * 1000).toPrecision(3))} kW` : `${Number(by.toPrecision(3))} ${unit}`;

/** Without the arcs of demand nobody wishes to be served: leaving it unserved never clashes with anything. */
function onlyWished(whole: WorldProblem, { servedRatio, trainedRatio = [] }: Wishes): WorldProblem {
  const planned = { ...whole, problem: withUsefulModules(whole.problem) };
  const { world, problem, demandRowCount, memberStarts, members } = planned;
  if (problem.limits.some((limit) => limit.arcs !== undefined)) return planned;
  const { arc, ...kept } = restrictRows(planned, (row) => {
    if (row >= demandRowCount) return (trainedRatio[row - demandRowCount] ?? null) !== null;
    return servedRatio[world.demand[members[memberStarts[row]!]!]!.workload] !== null;
  });
  return { ...planned, ...kept, arcOption: Uint8Array.from(arc, (from) => planned.arcOption[from]!) };
}

/** With as many modules as all demand together could use written down: more of them clash with nothing, and a least share may count them. */
function withUsefulModules(problem: PlanProblem): PlanProblem {
  const { pools, sites } = problem;
  const all = usefulModules({ ...problem, sites: { ...sites, kw: new Float64Array(sites.count).fill(Infinity) } });
  // What no demand could use at all is no part of a plan, however much of it a share would count.
  const useful = all.map((count) => (Number.isFinite(count) ? count : 0));
  return { ...problem, pools: { ...pools, useful, maxCount: useful } };
}

function restrictRows({ problem }: WorldProblem, keeps: (row: number) => boolean) {
  const rowOf = rowsOfArcs(problem);
  return restrictArcs(problem, (arc) => keeps(rowOf[arc]!), Infinity);
}

async function giveWay(
  model: MipModel,
  demands: readonly Demand[],
  clash: readonly number[],
  demand: Demand,
  tools: PathTools,
  options: SolveOptions,
): Promise<Clashing> {
  const { name, kind, unit, amount, scale, places } = demand;
  let slack = await leastRelaxation(model, demand, tools.solver, options);
  let remains = "";
  if (slack === null) {
    // Another clash stands in the way of everything else; then this much ends the one at hand.
    slack = await leastRelaxation(withGroups(model, demands, new Set(clash)), demand, tools.solver, options);
    remains = "; something else clashes then";
  }
  if (slack === null) return { name, kind, unit, amount, wouldDo: null, detail: "could not be told in time" };
  const total = slack.reduce((sum, value) => sum + value, 0);
  const where = places
    .map((place, i) => ({ place, by: slack[i]! * scale }))
    .filter(({ by }) => by > noticeable)
    .sort((a, b) => b.by - a.by);
  const detail = where
    .slice(0, namedPlaces)
    .map(({ place, by }) => `${place} +${moreOf(unit, by)}`)
    .join(", ");
  const wouldDo = amount === null ? null : amount + total * scale;
  return {
    name,
    kind,
    unit,
    amount,
    wouldDo: unit === "sites" || unit === "modules" ? wouldDo && Math.ceil(wouldDo - noticeable) : wouldDo,
    detail: `${detail}${where.length > namedPlaces ? ` and ${where.length - namedPlaces} more` : ""}${remains}`.replace(
      /^; /,
      "",
    ),
  };
}

const wishOf = (id: string, amount: number): Clashing => {
  return { name: `serve ${id}`, kind: "wish", unit: "share", amount, wouldDo: null, detail: "" };
};

/** A site that must be open and could power nothing, as `plan` refuses it; the first where there are several. */
function forcedWithoutPower(planned: WorldProblem): Clashing[] {
  const [first] = powerlessSites(planned);
  if (first === undefined) return [];
  const { id } = planned.world.sites[first.site]!;
  return [
    { name: `site ${id} is forced open`, kind: "limit", unit: "rule", amount: null, wouldDo: null, detail: "" },
    {
      name: `power of site ${id}`,
      kind: "limit",
      unit: "MW",
      amount: first.limitKw / 1000,
      wouldDo: first.leastKw === null ? null : first.leastKw / 1000,
      detail: first.detail,
    },
  ];
}

/** Wishes that no amount of money or power fulfils: more is asked to be served than any site may serve. */
function outOfReach(planned: WorldProblem, { servedRatio, trainedRatio = [] }: Wishes): Clashing[] {
  for (const [training, wanted] of trainedRatio.entries()) {
    const { starts } = planned.problem.arcs;
    const row = planned.demandRowCount + training;
    if (wanted === null || !(planned.world.training[training]!.pflops[planned.period]! > 0)) continue;
    if (starts[row + 1]! > starts[row]!) continue;
    const wish: Clashing = { ...wishOf(planned.world.training[training]!.id, wanted), wouldDo: 0 };
    const [{ limits, detail }] = [homelessTraining(planned, training)];
    const others = limits.slice(1).map((name): Clashing => ({
      name,
      kind: "limit",
      unit: "law of nature or state",
      amount: null,
      wouldDo: null,
      detail,
    }));
    return [wish, ...others];
  }
  const { world, period, problem, demandRowCount, memberStarts, members, policy } = planned;
  for (const [workload, wanted] of servedRatio.entries()) {
    if (wanted === null) continue;
    let [asked, reachable] = [0, 0];
    let largest = { peakPerS: 0, row: -1 };
    for (let row = 0; row < demandRowCount; row++) {
      const hasArcs = problem.arcs.starts[row + 1]! > problem.arcs.starts[row]!;
      for (let i = memberStarts[row]!; i < memberStarts[row + 1]!; i++) {
        const demand = world.demand[members[i]!]!;
        if (demand.workload !== workload) continue;
        const peakPerS = demand.peakPerS[period]!;
        asked += peakPerS;
        if (hasArcs) reachable += peakPerS;
        else if (peakPerS > largest.peakPerS) largest = { peakPerS, row: members[i]! };
      }
    }
    const most = asked > 0 ? reachable / asked : 1;
    if (most >= wanted - noticeable || largest.row < 0) continue;
    const { id } = world.workloads[workload]!;
    const origin = world.demand[largest.row]!;
    const physics = explainPhysics(policy, origin);
    const where = `${world.areas[origin.area]!.id} over ${world.accessTypes[origin.access]!.id}`;
    return [
      { ...wishOf(id, wanted), wouldDo: most },
      {
        name: `what may serve ${id} at all`,
        kind: "limit",
        unit: "law of nature or state",
        amount: null,
        wouldDo: null,
        detail: `the largest part out of reach is ${where} (${physics.verdict}); would help there: ${physics.remedies.slice(0, 2).join("; or ")}`,
      },
    ];
  }
  return [];
}
