import { dirname, relative, resolve } from "node:path";
import { diffPlans, movesUsdPerYear, standOn, type PlanDocument, type StandOnOptions } from "../../plan/index.ts";
import { diffSections } from "./diff-summary.ts";
import { CommandFailure, exitCodes } from "../terminal/exit-codes.ts";
import { usd } from "../terminal/figures.ts";
import { findPlan, type FindPlanOptions } from "./find-plan.ts";
import { differingSections } from "../document/plan-origin.ts";
import { seal } from "../document/plan-seal.ts";
import { clashText, planSummary } from "./plan-summary.ts";
import { readPlan } from "../document/read-plan.ts";
import { readWorld, type LoadedWorld, type ScenarioOptions } from "../document/read-world.ts";
import { report } from "../terminal/report.ts";
import { sha256Of } from "../terminal/sha256.ts";
import { requireWritable, writeResult } from "../terminal/write-file.ts";

export interface PlanCommandOptions extends ScenarioOptions, FindPlanOptions {
  readonly out: string;
  readonly json?: boolean;
  /** A plan whose sites and modules stand already. */
  readonly from?: string;
  readonly movePrice?: number;
  readonly objective?: "min-cost" | "max-npv";
  readonly capital?: "due" | "spent";
  readonly force?: boolean;
}

/** Price of a move, as a share of a module's price, when none is given: transport, work and weeks of standstill. Assumed. */
const usualMovePrice = 0.1;

/** `disperse plan`: writes the plan document, prints the summary, and says by exit code how good the plan is. */
export async function plan(file: string, options: PlanCommandOptions): Promise<void> {
  const { from, out } = options;
  if (from === undefined && (options.movePrice !== undefined || options.capital !== undefined)) {
    const name = options.movePrice === undefined ? "--capital" : "--move-price";
    throw new CommandFailure(exitCodes.invalid, `${name}: nothing stands yet without a plan to start from (--from).`);
  }
  const onStdout = out === "-";
  if (!onStdout) {
    requireWritable(out, options.force === true);
    if (from !== undefined && options.force !== true && resolve(from) === resolve(out)) {
      throw new CommandFailure(
        exitCodes.invalid,
        `${out} is the plan to start from and would be lost; name another file with --out, or overwrite it with --force.`,
      );
    }
  }
  const terms = { movePriceRatio: options.movePrice ?? usualMovePrice, capital: options.capital ?? "due" };
  const old = from === undefined ? null : readPlan(from);
  const loaded = readWorld(file, withObjective(options));
  const found = await findPlan(old ? standing(loaded, old, terms) : loaded, options);
  const inputs = loaded.files.map(({ path, sha256 }) => ({
    name: relative(onStdout ? "." : dirname(resolve(out)), path),
    sha256,
  }));
  const document = seal({ ...found, inputs });
  const text = `${JSON.stringify(document)}\n`;
  if (document.status === "infeasible") {
    if (options.json || onStdout) process.stdout.write(text);
    throw new CommandFailure(exitCodes.infeasible, clashText(document));
  }
  if (!onStdout) writeResult(out, text);
  const changes = old ? `\n\n${changesText(old, document, terms)}` : "";
  const summary = `${planSummary(document)}${changes}\n`;
  if (options.json || onStdout) process.stdout.write(text);
  if (onStdout) process.stderr.write(summary);
  else {
    if (!options.json) process.stdout.write(summary);
    process.stderr.write(`\nwrote ${out}; next: disperse simulate ${out}\n`);
  }
  if (document.status !== "optimal") process.exitCode = exitCodes.gapAboveTarget;
}

/** The objective is a key of the scenario; on the command line it is one more setting. */
function withObjective(options: PlanCommandOptions): PlanCommandOptions {
  const { objective, set = [] } = options;
  return objective === undefined ? options : { ...options, set: [...set, `objective=${objective}`] };
}

function standing(loaded: LoadedWorld, old: PlanDocument, terms: StandOnOptions): LoadedWorld {
  const differs = differingSections(old.world, loaded.world).filter((section) => section !== "name");
  if (differs.length > 0) {
    process.stderr.write(`the question differs from that of the old plan in: ${differs.join(", ")}\n`);
  }
  const { world, lost } = standOn(loaded.world, old, terms);
  for (const loss of lost) process.stderr.write(`not kept from the old plan: ${loss}\n`);
  // What stands is part of the question.
  const question = [loaded.inputHash, JSON.stringify(world.sites), JSON.stringify(terms)].join("\0");
  return { ...loaded, world, inputHash: sha256Of(question) };
}

function changesText(old: PlanDocument, document: PlanDocument, { capital }: StandOnOptions): string {
  const note =
    capital === "due"
      ? "What stands and stays is paid off at the prices of the new question, so that its cost compares with a fresh plan's; what is taken away is not."
      : "Capital the old plan has spent is not in the cost of the new one: what stands costs upkeep and power only.";
  const price = `The price on moves is ${usd(movesUsdPerYear(document))} of its cost per year.`;
  return `against the old plan:\n\n${report(diffSections(diffPlans(old, document)))}\n${note} ${price}`;
}
