import { CommandFailure, exitCodes } from "./exit-codes.ts";
import { findPlan, type FindPlanOptions } from "./find-plan.ts";
import { clashText, planSummary } from "./plan-summary.ts";
import { readWorld, type ScenarioOptions } from "./read-world.ts";
import { writeFile } from "./write-file.ts";

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
  writeFile(options.out, `${JSON.stringify(document)}\n`);
  process.stdout.write(options.json ? `${JSON.stringify(document)}\n` : `${planSummary(document)}\n`);
  process.stderr.write(`\nwrote ${options.out}; next: disperse simulate ${options.out}\n`);
  if (document.status !== "optimal") process.exitCode = exitCodes.gapAboveTarget;
}
