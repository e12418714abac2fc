/**
 * Cases that together are all plans of a problem: a pool has at most so many modules or more, a site is shut or open. Whoever
 * bounds each case has bounded every plan.
 */
import { lastingPools, someStandsEmpty, usefulModules, type PlanProblem } from "./problem.ts";

/** What tells two cases apart. */
export type Branch = { readonly pool: number; readonly atMost: number } | { readonly site: number };

/**
 * A node of the tree of cases; `less` (at most so many, or shut) and `more` are positions in its list, after its own. The first
 * node is the root.
 */
export type BranchNode = (Branch & { readonly less: number; readonly more: number }) | { readonly leaf: number };

/** What keeps a list of nodes from being a tree over all plans; null when nothing does. */
export function branchFault(
  { pools, sites }: PlanProblem,
  branches: readonly BranchNode[],
  leaves: number,
): string | null {
  if (!Array.isArray(branches) || branches.length === 0) return "branches is no list of cases";
  const reached = new Uint8Array(branches.length);
  reached[0] = 1;
  for (const [i, node] of branches.entries()) {
    const place = `branches[${i}]`;
    if ("leaf" in node) {
      if (!isPosition(node.leaf, leaves + 1)) return `${place} names no prices: ${node.leaf}`;
      continue;
    }
    const known =
      "pool" in node
        ? isPosition(node.pool, pools.count) && Number.isInteger(node.atMost)
        : isPosition(node.site, sites.count);
    if (!known) return `${place} tells nothing of the problem apart`;
    for (const child of [node.less, node.more]) {
      if (!isPosition(child, branches.length) || child <= i || reached[child] === 1) {
        return `${place}: ${child} is no case of its own`;
      }
      reached[child] = 1;
    }
  }
  const stray = reached.indexOf(0);
  return stray < 0 ? null : `branches[${stray}] is a case of none`;
}

function isPosition(value: number, length: number): boolean {
  return Number.isInteger(value) && value >= 0 && value < length;
}

/** Every leaf of a tree without fault, with the problem that is left of the whole in its case. */
export function* narrowed(
  problem: PlanProblem,
  branches: readonly BranchNode[],
): Generator<{ readonly leaf: number; readonly problem: PlanProblem }> {
  const open: { at: number; problem: PlanProblem }[] = [{ at: 0, problem }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const node = branches[next.at]!;
    if ("leaf" in node) yield { leaf: node.leaf, problem: next.problem };
    else {
      open.push({ at: node.more, problem: caseOf(next.problem, node, "more") });
      open.push({ at: node.less, problem: caseOf(next.problem, node, "less") });
    }
  }
}

/** The problem of one of two cases. */
export function caseOf(problem: PlanProblem, branch: Branch, which: "less" | "more"): PlanProblem {
  const { pools, sites } = problem;
  if ("pool" in branch) {
    const { pool, atMost } = branch;
    if (which === "less") {
      const maxCount = pools.maxCount.slice();
      maxCount[pool] = Math.min(maxCount[pool]!, atMost);
      return { ...problem, pools: { ...pools, maxCount } };
    }
    const minCount = pools.minCount.slice();
    minCount[pool] = Math.max(minCount[pool]!, atMost + 1);
    return { ...problem, pools: { ...pools, minCount } };
  }
  const here = decidedWith(problem, branch.site, which);
  if (which === "more") {
    const forced = sites.forced.slice();
    const filled = sites.filled?.slice() ?? new Uint8Array(sites.count);
    for (const site of here) {
      // What is open unasked has something in it.
      if (forced[site] === 0) filled[site] = 1;
      forced[site] = 1;
    }
    return { ...problem, sites: { ...sites, forced, filled } };
  }
  // Nothing stands at a site that is shut.
  const maxCount = pools.maxCount.map((most, pool) => (here.has(pools.site[pool]!) ? 0 : most));
  return { ...problem, pools: { ...pools, maxCount } };
}

/** Whether no plan is in a case: something is to stand at a place where nothing may. */
export function isNoCase(problem: PlanProblem): boolean {
  const { filled } = problem.sites;
  return filled !== undefined && someStandsEmpty(problem, filled, usefulModules(problem));
}

/**
 * The site and what is decided with it in other periods, where all that may stand at a place lasts: what is open stays open, and
 * where nothing stands nothing stood before. An open site is one where something stands that is more than a switch.
 */
function decidedWith(problem: PlanProblem, site: number, which: "less" | "more"): Set<number> {
  const { pools, sites } = problem;
  const decided = new Set([site]);
  if (sites.place === undefined) return decided;
  const { earlier, later } = lastingPools(problem);
  const poolsOf = (at: number): number[] => Array.from(pools.site.keys()).filter((pool) => pools.site[pool] === at);
  const step = which === "more" ? later : earlier;
  for (let at = site; ;) {
    const next = poolsOf(at)
      .map((pool) => step[pool]!)
      .find((pool) => pool >= 0);
    if (next === undefined) return decided;
    const to = pools.site[next]!;
    const [before, after] = which === "more" ? [at, to] : [to, at];
    const lasts = poolsOf(before).every((pool) => {
      const isIdle = pools.maxCount[pool] === 0 || pools.isSwitch?.[pool] === 1;
      return isIdle || (later[pool]! >= 0 && pools.site[later[pool]!] === after);
    });
    if (!lasts) return decided;
    decided.add(to);
    at = to;
  }
}
