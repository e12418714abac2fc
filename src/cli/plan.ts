import { writeFileSync } from "node:fs";
import type { PlanDocument } from "../plan/index.ts";
import { CommandFailure, exitCodes } from "./exit-codes.ts";
import { findPlan, type FindPlanOptions } from "./find-plan.ts";
import { clashText, planSummary } from "./plan-summary.ts";
import { readWorld, type ScenarioOptions } from "./read-world.ts";

/** `disperse plan`: writes the plan document, prints the summary, and says by exit code how good the plan is. */
export async function plan(
  file: string,
  options: ScenarioOptions & FindPlanOptions & { out: string; json?: boolean },
): Promise<void> {
  const document = await findPlan(readWorld(file, options), options);
  if (document.status === "infeasible") {
    if (options.json) process.stdout.write(`${JSON.stringify(document)}\n`);
    throw new CommandFailure(exitCodes.infeasible, clashText(document));
  }
  writePlan(options.out, document);
  process.stdout.write(options.json ? `${JSON.stringify(document)}\n` : `${planSummary(document)}\n`);
  process.stderr.write(`\nwrote ${options.out}; next: disperse simulate ${options.out}\n`);
  if (document.status !== "optimal") process.exitCode = exitCodes.gapAboveTarget;
}

function writePlan(path: string, document: PlanDocument): void {
  try {
    writeFileSync(path, `${JSON.stringify(document)}\n`);
  } catch (error) {
    throw new CommandFailure(exitCodes.invalid, `The plan cannot be written to ${path}: ${(error as Error).message}`);
  }
}
