import { existsSync, statSync } from "node:fs";
import type { PlanDocument } from "../../plan/index.ts";
import { isSealWhole } from "./plan-seal.ts";
import { readJson } from "./read-plan.ts";

/** Where verbs look that are told no plan. */
const usualName = "plan.json";

/**
 * The first file that a command line names which is a plan that somebody changed after it was written; null when there is none.
 * A command that fails on such a file has found out no defect of its own.
 */
export function editedPlanAmong(args: readonly string[]): string | null {
  const named = args.map((word) => word.replace(/^--?[a-z-]+=/, ""));
  return (
    [...named, usualName].find((path) => existsSync(path) && statSync(path).isFile() && isEditedPlan(path)) ?? null
  );
}

function isEditedPlan(path: string): boolean {
  try {
    const document = readJson(path) as PlanDocument;
    return String(document?.format).startsWith("disperse/plan/") && isSealWhole(document) === false;
  } catch {
    return false;
  }
}
