/** Why a site is open or shut in a plan: what it earns, by arithmetic on the plan, or by planning the opposite. */
import type { Site, Tier, World } from "../../catalog/index.ts";
import { isAlwaysOpen, moduleAnnualUsd, siteAnnualUsd } from "../../finance/index.ts";
import { gainOfOneMore, moduleGains } from "../document/module-gains.ts";
import { filter, type RejectReason } from "../../route/index.ts";
import { everyPeriod } from "../document/period-view.ts";
import type { PlanDocument, SiteLoad } from "../document/plan-document.ts";
import { changeOfOptimum, figuresOf, type ChangeOfOptimum, type PlanWorld } from "../document/plan-figures.ts";
import { arcBetween, priceOf, problemRows, type RowUse } from "../document/row-use.ts";
import { worldProblem, type WorldProblem } from "../world/world-problem.ts";

export interface SiteExplanation {
  readonly site: string;
  readonly tier: Tier;
  readonly status: Site["status"];
  readonly open: boolean;
  readonly load: SiteLoad | null;
  readonly modules: readonly {
    readonly module: string;
    readonly count: number;
    readonly trainingCount: number;
    /** What one more of them would save at most before it is paid for, USD/year; null where no more can be had, or they serve nobody. */
    readonly worthUsdPerYear: number | null;
    /** What one of them costs when bought, USD/year. */
    readonly priceUsdPerYear: number;
  }[];
  /** Requests served here, or that could be. */
  readonly workloads: readonly { readonly workload: string; readonly peakPerS: number }[];
  /** Open: what the site costs, with its traffic. Shut: what being open would cost before any module, USD/year. */
  readonly costUsdPerYear: number;
  /**
   * Open: what serving its requests elsewhere, or not at all, would cost. Shut: what moving requests here could save at
   * most, site not paid. An estimate in both cases: parts of modules are bought, and power and limits are not looked at.
   */
  readonly gainUsdPerYear: number;
  /** Of an open site: the shut one whose opening would make that cheapest; null where no opening pays. */
  readonly opening: string | null;
  /** Where the requests of an open site would go at that price; `unserved` among them. */
  readonly elsewhere: readonly { readonly to: string; readonly peakPerS: number }[];
  /** Why requests may not be served here, by first reason, over demand rows and modules; only where nothing may. */
  readonly refusals: readonly { readonly reason: RejectReason; readonly count: number; readonly example: string }[];
  /** Open sites that hang on this one. */
  readonly children: readonly string[];
  /** `parent`: open for the sites that hang on it; what it serves itself would not pay for it. */
  readonly reason: "forced" | "forbidden" | "pays" | "parent" | "noDemand" | "tooDear" | "limits";
}

/** @param site Position in `plan.world.sites`. */
export function explainSite(plan: PlanDocument, site: number): SiteExplanation {
  const { world, period } = plan;
  const planned = worldProblem(world, period);
  const place = world.sites[site]!;
  const pools = plan.deployment.pools.filter((pool) => pool.site === site);
  const open = isOpen(plan, site);
  const found = open ? valueOfOpen(plan, planned, site) : valueOfShut(plan, planned, site);
  const costUsdPerYear = open
    ? (plan.cost?.bySite.find((entry) => entry.site === site)?.usdPerYear ?? 0)
    : siteAnnualUsd(world, site).totalUsd;
  const children = [...world.sites.keys()].filter(
    (child) => world.sites[child]!.parent === site && isOpen(plan, child),
  );
  const refusals = found.peakByWorkload.size === 0 ? refusalsAt(planned, site) : [];
  const worthOf = gainOfOneMore(pools.length === 0 ? [] : moduleGains(plan, planned));
  return {
    site: place.id,
    tier: place.tier,
    status: place.status,
    open,
    load: plan.sites.find((load) => load.site === site) ?? null,
    modules: pools.map((pool) => ({
      module: world.modules[pool.module]!.id,
      count: pool.count,
      trainingCount: pool.trainingCount,
      worthUsdPerYear: worthOf(site, pool.module),
      priceUsdPerYear: moduleAnnualUsd(world, site, pool.module, period).totalUsd,
    })),
    workloads: [...found.peakByWorkload]
      .sort(([a], [b]) => a - b)
      .map(([workload, peakPerS]) => ({ workload: world.workloads[workload]!.id, peakPerS })),
    costUsdPerYear,
    gainUsdPerYear: found.gainUsd,
    opening: found.opening === null ? null : world.sites[found.opening]!.id,
    elsewhere: [...found.elsewhere]
      .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
      .map(([to, peakPerS]) => ({ to, peakPerS })),
    refusals,
    children: children.map((child) => world.sites[child]!.id),
    reason: reasonOf(plan, site, open && children.length > 0, found, costUsdPerYear),
  };
}

interface Value {
  readonly gainUsd: number;
  readonly peakByWorkload: ReadonlyMap<number, number>;
  readonly elsewhere: ReadonlyMap<string, number>;
  /** Position of the site to open instead. */
  readonly opening: number | null;
}

function reasonOf(
  plan: PlanDocument,
  site: number,
  isParent: boolean,
  found: Value,
  costUsd: number,
): SiteExplanation["reason"] {
  const { world, period } = plan;
  if (world.sites[site]!.status === "forbidden") return "forbidden";
  if (isOpen(plan, site)) {
    if (isAlwaysOpen(world, site, period)) return "forced";
    return isParent && found.gainUsd < costUsd ? "parent" : "pays";
  }
  if (found.peakByWorkload.size === 0) return "noDemand";
  return found.gainUsd <= costUsd ? "tooDear" : "limits";
}

const addTo = <K>(map: Map<K, number>, key: K, value: number): void => void map.set(key, (map.get(key) ?? 0) + value);

/** The cheapest way to serve demand among some sites. */
interface Offer {
  readonly usd: number;
  /** Position of the site; -1 for no service. */
  readonly site: number;
}

/**
 * The cheapest other way for everything the site serves: a part of a module at another open site or at one shut site that is
 * opened for it, or no service.
 */
function valueOfOpen(plan: PlanDocument, planned: WorldProblem, site: number): Value {
  const { world, problem } = planned;
  const open = new Set(plan.deployment.pools.map((pool) => pool.site));
  const rows: { readonly use: RowUse; readonly here: number; readonly best: Offer; readonly shut: readonly Offer[] }[] =
    [];
  for (const use of problemRows(plan, planned)) {
    const here = use.parts.filter((part) => part.site === site).reduce((sum, part) => sum + part.share, 0);
    if (here === 0) continue;
    let best: Offer = { usd: problem.rows.unservedUsd[use.row]!, site: -1 };
    const shut: Offer[] = [];
    for (let arc = problem.arcs.starts[use.row]!; arc < problem.arcs.starts[use.row + 1]!; arc++) {
      const other = problem.pools.site[problem.arcs.pool[arc]!]!;
      if (other === site || planned.poolInstalled[problem.arcs.pool[arc]!]) continue;
      const offer = { usd: priceOf(problem, arc), site: other };
      if (!open.has(other)) shut.push(offer);
      else if (offer.usd < best.usd) best = offer;
    }
    rows.push({ use, here, best, shut });
  }
  const opening = siteToOpen(world, rows);
  const peakByWorkload = new Map<number, number>();
  const elsewhere = new Map<string, number>();
  let gainUsd = opening === null ? 0 : siteAnnualUsd(world, opening).totalUsd;
  for (const { use, here, best, shut } of rows) {
    const offers = shut.filter((offer) => offer.site === opening);
    const { usd, site: to } = offers.reduce((least, offer) => (offer.usd < least.usd ? offer : least), best);
    gainUsd += here * usd;
    addTo(peakByWorkload, use.workload, here * use.peakPerS);
    addTo(elsewhere, to < 0 ? "unserved" : world.sites[to]!.id, here * use.peakPerS);
  }
  return { gainUsd, peakByWorkload, elsewhere, opening };
}

/** The shut site that would save most by being opened, itself paid; null where none would. */
function siteToOpen(
  world: World,
  rows: readonly { readonly here: number; readonly best: Offer; readonly shut: readonly Offer[] }[],
): number | null {
  const saved = new Map<number, number>();
  for (const { here, best, shut } of rows) {
    const least = new Map<number, number>();
    for (const { usd, site } of shut) least.set(site, Math.min(least.get(site) ?? Infinity, usd));
    for (const [site, usd] of least) if (usd < best.usd) addTo(saved, site, here * (best.usd - usd));
  }
  let opening: number | null = null;
  let mostUsd = 0;
  for (const [site, usd] of saved) {
    const netUsd = usd - siteAnnualUsd(world, site).totalUsd;
    if (netUsd > mostUsd) [opening, mostUsd] = [site, netUsd];
  }
  return opening;
}

/** What every request that may come here costs today, less what it would cost here. */
function valueOfShut(plan: PlanDocument, planned: WorldProblem, site: number): Value {
  const { problem } = planned;
  const peakByWorkload = new Map<number, number>();
  let gainUsd = 0;
  for (const use of problemRows(plan, planned)) {
    let hereUsd = Infinity;
    for (let arc = problem.arcs.starts[use.row]!; arc < problem.arcs.starts[use.row + 1]!; arc++) {
      if (problem.pools.site[problem.arcs.pool[arc]!] === site) hereUsd = Math.min(hereUsd, priceOf(problem, arc));
    }
    if (hereUsd === Infinity) continue;
    addTo(peakByWorkload, use.workload, use.peakPerS);
    gainUsd += savedByMoving(planned, use, hereUsd);
  }
  return { gainUsd, peakByWorkload, elsewhere: new Map(), opening: null };
}

function savedByMoving({ problem, poolModule }: WorldProblem, use: RowUse, hereUsd: number): number {
  let saved = use.unserved * Math.max(0, problem.rows.unservedUsd[use.row]! - hereUsd);
  for (const part of use.parts) {
    const arc = arcBetween(problem, poolModule, use.row, part.site, part.module);
    if (arc >= 0) saved += part.share * Math.max(0, priceOf(problem, arc) - hereUsd);
  }
  return saved;
}

function refusalsAt({ world, policy }: WorldProblem, site: number): SiteExplanation["refusals"] {
  const counts = new Map<RejectReason, { count: number; example: string }>();
  for (const origin of world.demand) {
    for (let module = 0; module < world.modules.length; module++) {
      const { reason, detail } = filter(policy, origin, site, module);
      if (reason === null) continue;
      const found = counts.get(reason);
      const example = `${world.workloads[origin.workload]!.id} from ${world.areas[origin.area]!.id}: ${detail}`;
      counts.set(reason, { count: (found?.count ?? 0) + 1, example: found?.example ?? example });
    }
  }
  return [...counts].map(([reason, entry]) => ({ reason, ...entry })).sort((a, b) => b.count - a.count);
}

/** The world with a site closed if the plan has it open, and opened if not. */
export function flipSite(world: World, site: number, open: boolean): World {
  const status: Site["status"] = open ? "forbidden" : "forced";
  return { ...world, sites: world.sites.map((place, index) => (index === site ? { ...place, status } : place)) };
}

/**
 * Plans the opposite.
 *
 * @returns What it costs more than the plan; null when there is no such plan or the user stopped.
 */
export async function resolveSite(
  plan: PlanDocument,
  site: number,
  planWorld: PlanWorld,
): Promise<ChangeOfOptimum | null> {
  const open = isOpen(plan, site);
  const label = `${plan.world.sites[site]!.id} ${open ? "shut" : "open"}`;
  const opposite = await planWorld(flipSite(plan.world, site, open), label);
  const [before, after] = [figuresOf(plan), opposite && figuresOf(opposite)];
  // What must not be at a candidate is one plan less; a site that had to be open is also a cost less.
  const question = plan.world.sites[site]!.status === "candidate" ? "tighter" : "other";
  return before === null || after === null ? null : changeOfOptimum(before, after, question);
}

/** Whether the site is open in any period of the plan. */
function isOpen(plan: PlanDocument, site: number): boolean {
  if (isAlwaysOpen(plan.world, site, plan.period)) return true;
  return everyPeriod(plan).some(({ deployment: { pools, upgrades = [] } }) =>
    [...pools, ...upgrades].some((entry) => entry.site === site),
  );
}
