import { diffPlans } from "../../plan/index.ts";
import { diffSections } from "./diff-summary.ts";
import { exitCodes } from "../terminal/exit-codes.ts";
import { inPeriod } from "../document/period-option.ts";
import { differingSections } from "../document/plan-origin.ts";
import { readPlan } from "../document/read-plan.ts";
import { report, resultJson, type ReportFormat } from "../terminal/report.ts";

export interface DiffOptions {
  readonly format: ReportFormat;
  readonly period?: string;
  readonly json?: boolean;
  readonly detailedExitcode?: boolean;
}

/** `disperse diff`: what differs between two plans, for a terminal, a pull request or a program. */
export function diff(before: string, after: string, options: DiffOptions): void {
  const read = (path: string) => inPeriod(readPlan(path), options.period);
  const [was, is] = [read(before), read(after)];
  const found = diffPlans(was, is);
  const questions = differingSections(was.world, is.world);
  const words = questions.length > 0 ? [{ lines: [`The questions asked differ in: ${questions.join(", ")}.`] }] : [];
  process.stdout.write(
    `${options.json ? resultJson("diff", { ...found, questions }) : report([...diffSections(found), ...words], options.format)}\n`,
  );
  if (options.detailedExitcode && found.differs) process.exitCode = exitCodes.differs;
}
