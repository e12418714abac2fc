import type { World } from "../../catalog/index.ts";
import { viewPeriod, type PlanDocument } from "../../plan/index.ts";
import { CommandFailure, exitCodes } from "../terminal/exit-codes.ts";

/** Position of the period the user named; ends the command with code 3 when there is none. */
export function periodPosition({ periods }: World, id: string): number {
  const position = periods.findIndex((period) => period.id === id);
  if (position >= 0) return position;
  const known = periods.map((period) => period.id).join(", ");
  throw new CommandFailure(exitCodes.invalid, `--period: there is no period "${id}". There are: ${known}.`);
}

/** The plan as it stands in the period named, or the plan itself when none is. */
export function inPeriod(plan: PlanDocument, id: string | undefined): PlanDocument {
  if (id === undefined) return plan;
  const period = periodPosition(plan.world, id);
  if (period !== plan.period && !plan.horizon) {
    const covered = plan.world.periods[plan.period]!.id;
    throw new CommandFailure(exitCodes.invalid, `--period: the plan covers ${covered} alone.`);
  }
  return viewPeriod(plan, period);
}
