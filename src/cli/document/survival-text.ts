import { survivalOf, type PlanDocument } from "../../plan/index.ts";
import { percent } from "../terminal/figures.ts";

/**
 * Whether the survival that was asked for holds for everybody. A plan cannot give a request a second place where the world has
 * none that may serve it, and whoever asked to survive must not have to find that out.
 */
export function survivalText(plan: PlanDocument): string {
  const { world, horizon } = plan;
  const worst = survivalOf(plan);
  if (worst === null) return "";
  if (worst.ratio === 0) {
    const what = world.limits.resilience === "zone" ? "site or zone" : "site";
    return `whatever single ${what} is lost, its requests have somewhere to go`;
  }
  const when = horizon ? ` in ${world.periods[worst.period]!.id}` : "";
  return `warning: the loss of ${worst.failure}${when} would leave ${percent(worst.ratio)} of the requests with nowhere to go, as no other place may serve them. \`disperse explain demand AREA\` shows what keeps the others out: law, budgets (\`failover\` of a workload), modules or sites.`;
}
