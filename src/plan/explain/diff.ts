/** What differs between two plans, matched by the ids of their worlds, which may differ too. */
import type { Tier } from "../../catalog/index.ts";
import { costItems } from "../../finance/index.ts";
import { lastPeriod } from "../document/period-view.ts";
import type { PlanDocument } from "../document/plan-document.ts";
import { figuresOf, surelyApart, type PlanFigures } from "../document/plan-figures.ts";

/** A figure before and after; null where the plan has no such thing. */
export interface Change {
  readonly name: string;
  readonly before: number | null;
  readonly after: number | null;
}

export interface ModuleChange {
  readonly site: string;
  readonly tier: Tier;
  readonly module: string;
  readonly before: number;
  readonly after: number;
}

export interface PlanDiff {
  readonly before: PlanFigures;
  readonly after: PlanFigures;
  /** Whether both plans answer the same question. */
  readonly sameInput: boolean;
  /** Whether anything below, or the cost, differs. */
  readonly differs: boolean;
  /** Whether the optima surely differ; false when the gaps leave it open. */
  readonly optimaDiffer: boolean;
  readonly opened: readonly { readonly site: string; readonly tier: Tier }[];
  readonly closed: readonly { readonly site: string; readonly tier: Tier }[];
  /** Modules per site and kind where their number differs. */
  readonly modules: readonly ModuleChange[];
  /** Per kind: a module is moved when one goes at a site and one comes at another. */
  readonly moves: readonly {
    readonly module: string;
    readonly moved: number;
    readonly added: number;
    readonly removed: number;
  }[];
  /** USD/year. */
  readonly items: readonly Change[];
  /** USD/year. */
  readonly tiers: readonly Change[];
  /** Share of peak requests served. */
  readonly served: readonly Change[];
  /** Share of the workload's peak requests left unserved for a reason. */
  readonly unserved: readonly (Change & {
    readonly workload: string;
    readonly access: string;
    readonly reason: string;
  })[];
}

/** Relative difference below which two figures are the same. */
const sameWithin = 1e-9;

/**
 * Money and served shares are those of `figuresOf`; what stands and what is left unserved is taken at the end of the horizon.
 *
 * @throws RangeError when either plan is infeasible: there is nothing to compare.
 */
export function diffPlans(before: PlanDocument, after: PlanDocument): PlanDiff {
  const figures = [figuresOf(before), figuresOf(after)] as const;
  if (figures[0] === null || figures[1] === null) throw new RangeError("an infeasible plan cannot be compared");
  const [was, is] = [figures[0], figures[1]];
  const [ended, ends] = [lastPeriod(before), lastPeriod(after)];
  const [stoodAt, standsAt] = [modulesBySite(ended), modulesBySite(ends)];
  const modules = changedModules(stoodAt, standsAt);
  const missingFrom = (others: ReadonlyMap<string, Standing>, standing: ReadonlyMap<string, Standing>) =>
    [...standing].filter(([site]) => !others.has(site)).map(([site, { tier }]) => ({ site, tier }));
  const opened = missingFrom(stoodAt, standsAt);
  const closed = missingFrom(standsAt, stoodAt);
  const items = costItems.map((name) => ({ name, before: was.byItem[name], after: is.byItem[name] }));
  const served = joinByName(
    was.servedByWorkload.map((entry) => [entry.workload, entry.servedRatio]),
    is.servedByWorkload.map((entry) => [entry.workload, entry.servedRatio]),
  );
  return {
    before: was,
    after: is,
    sameInput: before.inputHash === after.inputHash && before.period === after.period,
    differs: modules.length > 0 || items.some(hasChanged) || served.some(hasChanged),
    optimaDiffer: surelyApart(was, is),
    opened,
    closed,
    modules,
    moves: movesOf(modules),
    items,
    tiers: was.byTier.map(({ tier, usdPerYear }, index) => ({
      name: tier,
      before: usdPerYear,
      after: is.byTier[index]!.usdPerYear,
    })),
    served,
    unserved: unservedChanges(ended, ends),
  };
}

export function hasChanged({ before, after }: Change): boolean {
  if (before === null || after === null) return before !== after;
  return Math.abs(after - before) > sameWithin * Math.max(1, Math.abs(before), Math.abs(after));
}

interface Standing {
  readonly tier: Tier;
  readonly counts: Map<string, number>;
}

/** Sites that hold modules, by id. */
function modulesBySite({ world, deployment }: PlanDocument): Map<string, Standing> {
  const sites = new Map<string, Standing>();
  for (const pool of deployment.pools) {
    const { id, tier } = world.sites[pool.site]!;
    const standing = sites.get(id) ?? { tier, counts: new Map<string, number>() };
    const module = world.modules[pool.module]!.id;
    standing.counts.set(module, (standing.counts.get(module) ?? 0) + pool.count + pool.trainingCount);
    sites.set(id, standing);
  }
  return new Map([...sites].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function changedModules(before: ReadonlyMap<string, Standing>, after: ReadonlyMap<string, Standing>): ModuleChange[] {
  const changes: ModuleChange[] = [];
  for (const site of [...new Set([...before.keys(), ...after.keys()])].sort()) {
    const [old, now] = [before.get(site), after.get(site)];
    for (const module of [...new Set([...(old?.counts.keys() ?? []), ...(now?.counts.keys() ?? [])])].sort()) {
      const change = { before: old?.counts.get(module) ?? 0, after: now?.counts.get(module) ?? 0 };
      if (change.before !== change.after) changes.push({ site, tier: (now ?? old)!.tier, module, ...change });
    }
  }
  return changes;
}

function movesOf(changes: readonly ModuleChange[]): PlanDiff["moves"] {
  const totals = new Map<string, { come: number; go: number }>();
  for (const { module, before, after } of changes) {
    const total = totals.get(module) ?? { come: 0, go: 0 };
    totals.set(module, { come: total.come + Math.max(0, after - before), go: total.go + Math.max(0, before - after) });
  }
  return [...totals].map(([module, { come, go }]) => {
    const moved = Math.min(come, go);
    return { module, moved, added: come - moved, removed: go - moved };
  });
}

function joinByName(before: readonly [string, number][], after: readonly [string, number][]): Change[] {
  const [old, now] = [new Map(before), new Map(after)];
  return [...new Set([...old.keys(), ...now.keys()])].map((name) => ({
    name,
    before: old.get(name) ?? null,
    after: now.get(name) ?? null,
  }));
}

function unservedChanges(before: PlanDocument, after: PlanDocument): PlanDiff["unserved"] {
  const shares = (plan: PlanDocument): [string, number][] =>
    plan.unserved.map((entry) => [JSON.stringify([entry.workload, entry.access, entry.reason]), entry.shareOfWorkload]);
  return joinByName(shares(before), shares(after))
    .map((change) => ({ ...change, before: change.before ?? 0, after: change.after ?? 0 }))
    .filter(hasChanged)
    .map((change) => {
      const [workload, access, reason] = JSON.parse(change.name) as [string, string, string];
      return { ...change, name: `${workload} over ${access}: ${reason}`, workload, access, reason };
    });
}
