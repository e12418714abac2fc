import { createHash } from "node:crypto";
import { diffPlans, movesUsdPerYear, standOn, type PlanDocument } from "../plan/index.ts";
import { diffSections } from "./diff-summary.ts";
import { CommandFailure, exitCodes } from "./exit-codes.ts";
import { usd } from "./figures.ts";
import { findPlan, type FindPlanOptions } from "./find-plan.ts";
import { seal } from "./plan-seal.ts";
import { clashText, planSummary } from "./plan-summary.ts";
import { readPlan } from "./read-plan.ts";
import { readWorld, type LoadedWorld, type ScenarioOptions } from "./read-world.ts";
import { report } from "./report.ts";
import { writeFile } from "./write-file.ts";

export interface PlanCommandOptions extends ScenarioOptions, FindPlanOptions {
  readonly out: string;
  readonly json?: boolean;
  /** A plan whose sites and modules stand already. */
  readonly from?: string;
  readonly movePrice?: number;
  readonly objective?: "min-cost" | "max-npv";
}

/** Price of a move, as a share of a module's price, when none is given: transport, work and weeks of standstill. Assumed. */
const usualMovePrice = 0.1;

/** `disperse plan`: writes the plan document, prints the summary, and says by exit code how good the plan is. */
export async function plan(file: string, options: PlanCommandOptions): Promise<void> {
  if (options.movePrice !== undefined && options.from === undefined) {
    throw new CommandFailure(
      exitCodes.invalid,
      "--move-price: there are no moves without a plan to start from (--from).",
    );
  }
  const movePrice = options.movePrice ?? usualMovePrice;
  const old = options.from === undefined ? null : readPlan(options.from);
  const loaded = readWorld(file, withObjective(options));
  const document = seal(await findPlan(old ? standing(loaded, old, movePrice) : loaded, options));
  if (document.status === "infeasible") {
    if (options.json) process.stdout.write(`${JSON.stringify(document)}\n`);
    throw new CommandFailure(exitCodes.infeasible, clashText(document));
  }
  writeFile(options.out, `${JSON.stringify(document)}\n`);
  const changes = old ? `\n\n${changesText(old, document, movePrice)}` : "";
  process.stdout.write(options.json ? `${JSON.stringify(document)}\n` : `${planSummary(document)}${changes}\n`);
  process.stderr.write(`\nwrote ${options.out}; next: disperse simulate ${options.out}\n`);
  if (document.status !== "optimal") process.exitCode = exitCodes.gapAboveTarget;
}

/** The objective is a key of the scenario; on the command line it is one more setting. */
function withObjective(options: PlanCommandOptions): PlanCommandOptions {
  const { objective, set = [] } = options;
  return objective === undefined ? options : { ...options, set: [...set, `objective=${objective}`] };
}

function standing(loaded: LoadedWorld, old: PlanDocument, movePrice: number): LoadedWorld {
  const { world, lost } = standOn(loaded.world, old, movePrice);
  for (const loss of lost) process.stderr.write(`not kept from the old plan: ${loss}\n`);
  // What stands is part of the question.
  const question = [loaded.inputHash, JSON.stringify(world.sites), `${movePrice}`].join("\0");
  return { ...loaded, world, inputHash: createHash("sha256").update(question).digest("hex") };
}

function changesText(old: PlanDocument, document: PlanDocument, movePrice: number): string {
  const note =
    "Capital the old plan has spent is not in the cost of the new one: what stands costs upkeep and power only. " +
    `The price on moves is ${usd(movesUsdPerYear(document, movePrice))} of its cost per year.`;
  return `against the old plan:\n\n${report(diffSections(diffPlans(old, document)))}\n${note}`;
}
