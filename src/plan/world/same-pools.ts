/** Problems of several worlds side by side, pool by pool. */
import type { WorldProblem } from "./world-problem.ts";

/** Whether the pools of all problems are the same, one by one: as many of them may still be others. */
export function haveSamePools(problems: readonly WorldProblem[]): boolean {
  const poolsOf = ({ problem, poolModule, poolTrains, poolInstalled }: WorldProblem): string =>
    [problem.pools.site, poolModule, poolTrains, poolInstalled].join(";");
  return problems.every((each) => poolsOf(each) === poolsOf(problems[0]!));
}
