/** Raises the bound block by block, those first in which the plan lies farthest above what is proven. */
import { blockOf, blocksOf, modulesOf, type Block } from "./block-bound.ts";
import { solveExact } from "./exact.ts";
import type { LagrangianResult } from "../bound/lagrangian.ts";
import type { PlanState } from "./plan-state.ts";
import type { PlanProblem } from "../problem/problem.ts";
import type { SiteView } from "../problem/site-view.ts";
import type { PathOptions, PathTools } from "../problem/solution-path.ts";

/** Arcs of a block: more tighten the bound further, and take longer than in proportion. */
const mostArcs = 2500;
const blockGap = 5e-4;
const blockTimeS = 3;
/** Blocks solved at the same time. */
const atOnce = 2;

export interface BlockOptions extends PathOptions {
  /** Called with what a block adds to the bound, USD; true ends the work. */
  readonly onGain: (gainedUsd: number) => boolean;
}

/** @returns What the solved blocks would like to stand, by pool of the whole problem. */
export async function tightenByBlocks(
  problem: PlanProblem,
  view: SiteView,
  bound: LagrangianResult,
  state: PlanState,
  tools: PathTools,
  { timeLimitS, seed, signal, onGain }: BlockOptions,
): Promise<{ pool: number; count: number }[]> {
  const startedMs = tools.nowMs();
  const leftS = (): number => timeLimitS - (tools.nowMs() - startedMs) / 1000;
  const placeOf = problem.sites.place ?? Int32Array.from({ length: problem.sites.count }, (_, site) => site);
  const sitesOf: number[][] = [];
  for (let site = 0; site < problem.sites.count; site++) (sitesOf[placeOf[site]!] ??= []).push(site);
  const queue = blocksOf(problem, bound, mostArcs)
    .map((places) => blockOf(problem, view, bound, places, sitesOf))
    .map((block) => ({ block, excess: excessOf(state, block) }))
    .sort((a, b) => b.excess - a.excess);
  const wanted: { pool: number; count: number }[] = [];
  let done = false;
  const work = async (): Promise<void> => {
    for (;;) {
      const next = queue.shift();
      if (next === undefined || done || signal?.aborted === true || leftS() <= 0) return;
      const { block } = next;
      const result = await solveExact(block.problem, tools, {
        relativeGap: blockGap,
        timeLimitS: Math.min(blockTimeS, leftS()),
        seed,
        ...(signal === undefined ? {} : { signal }),
      });
      wanted.push(...modulesOf(block, result.solution));
      const gainedUsd = result.bestBoundUsd - block.knownUsd;
      if (gainedUsd > 0 && onGain(gainedUsd)) done = true;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return wanted;
}

/** Cost of the plan within a block above what is proven of the block. */
function excessOf({ modules, standing, problem: { pools, sites } }: PlanState, block: Block): number {
  let usd = -block.knownUsd;
  const counted = new Set<number>();
  for (const pool of block.pool) {
    usd += modules[pool]! * pools.usd[pool]!;
    const site = pools.site[pool]!;
    if (standing[site]! > 0 && !counted.has(site)) usd += sites.usd[site]!;
    counted.add(site);
  }
  return usd;
}
