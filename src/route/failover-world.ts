/** How much longer users wait while something has failed. */
import type { World } from "../catalog/index.ts";

/** The world as its users accept it while something has failed. */
export function failoverWorld(world: World): World {
  return {
    ...world,
    workloads: world.workloads.map((workload) => ({
      ...workload,
      ttft: { ...workload.ttft, budgetMs: workload.failoverBudgetMs ?? workload.ttft.budgetMs },
    })),
  };
}

/** Whether some workload gives its requests more time after a loss than before. */
export function isPatientAfterLoss({ workloads }: World): boolean {
  return workloads.some(({ ttft, failoverBudgetMs = 0 }) => failoverBudgetMs > ttft.budgetMs);
}
