import { readFileSync } from "node:fs";
import type { PlanDocument } from "../plan/index.ts";
import { CommandFailure, exitCodes } from "./exit-codes.ts";
import { planFault } from "./plan-fault.ts";
import { staleness } from "./plan-origin.ts";

/** Reads a plan document; ends the command with code 3 when the file is none or holds no plan. */
export function readPlan(path: string): PlanDocument {
  const document = readJson(path);
  const fault = planFault(document);
  if (fault !== null) {
    throw new CommandFailure(
      exitCodes.invalid,
      `${path} cannot be used: ${fault}. Make a plan with: disperse plan scenario.yaml --out plan.json`,
    );
  }
  const plan = document as PlanDocument;
  if (plan.status === "infeasible") {
    throw new CommandFailure(exitCodes.infeasible, `${path} says that no plan exists, so there is nothing to run.`);
  }
  for (const change of staleness(path, plan)) process.stderr.write(`warning: ${path}: ${change}.\n`);
  return plan;
}

/** Parses a JSON file the user named. */
export function readJson(path: string): unknown {
  const text = readText(path);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CommandFailure(exitCodes.invalid, `${path} is not valid JSON: ${(error as Error).message}`);
  }
}

/** Reads a text file the user named. */
export function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new CommandFailure(
      exitCodes.invalid,
      `${path} cannot be read: ${(error as NodeJS.ErrnoException).code ?? "unknown error"}.`,
    );
  }
}
