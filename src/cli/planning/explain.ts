import { nearest } from "../../scenario/index.ts";
import {
  explainDemand,
  explainLimit,
  explainSite,
  resolveLimit,
  resolveSite,
  worldLimitsOf,
  everyPeriod,
  moduleGains,
  type PlanDocument,
  type PlanWorld,
} from "../../plan/index.ts";
import { CommandFailure, exitCodes } from "../terminal/exit-codes.ts";
import {
  demandSections,
  limitListSection,
  limitPeriodSections,
  limitSections,
  siteSections,
  type LimitInPeriod,
  type Resolved,
} from "./explain-summary.ts";
import { withPlanner, type SearchOptions } from "./plan-worlds.ts";
import { inPeriod } from "../document/period-option.ts";
import { readPlan } from "../document/read-plan.ts";
import { report, resultJson, type ReportFormat, type Section } from "../terminal/report.ts";

export interface ExplainOptions extends SearchOptions {
  readonly plan: string;
  /** Plan again with the site flipped or the limit relaxed, instead of arithmetic alone. */
  readonly resolve?: boolean;
  readonly format: ReportFormat;
  readonly json?: boolean;
}

/** `disperse explain site`: why is it open or shut. */
export async function explainSiteOf(id: string, options: ExplainOptions): Promise<void> {
  const whole = readPlan(options.plan);
  const plan = inPeriod(whole, options.period);
  const site = positionOf("site", id, plan.world.sites);
  const found = explainSite(plan, site);
  const opposite = await resolved(options, (planWorld) => resolveSite(whole, site, planWorld));
  const result = opposite ? { ...found, opposite: opposite.found } : found;
  print(options, "explain-site", result, siteSections(found, opposite));
}

/** `disperse explain demand`: why is it served from there, or not at all. */
export function explainDemandOf(name: string, options: ExplainOptions): void {
  const plan = inPeriod(readPlan(options.plan), options.period);
  const [areaId = "", workloadId] = name.split("/", 2);
  const area = positionOf("area", areaId, plan.world.areas);
  const workload = workloadId === undefined ? null : positionOf("workload", workloadId, plan.world.workloads);
  const found = explainDemand(plan, area, workload);
  if (found.length === 0) throw invalid(`the scenario has no demand of "${name}".`);
  print(
    options,
    "explain-demand",
    { demand: found },
    found.flatMap((entry) => demandSections(entry)),
  );
}

/** `disperse explain limit`: how far is it used, and what is one more unit worth. Without a name: all that are used. */
export async function explainLimitOf(name: string | undefined, options: ExplainOptions): Promise<void> {
  const whole = readPlan(options.plan);
  const plan = inPeriod(whole, options.period);
  const limits = worldLimitsOf(plan);
  if (name === undefined) {
    const gains = moduleGains(plan);
    const all = limits.map((limit) => explainLimit(plan, limit, gains));
    print(options, "explain-limits", { limits: all }, [limitListSection(all)]);
    return;
  }
  const limit =
    limits[
      positionOf(
        "limit",
        name,
        limits.map((entry) => ({ id: entry.name })),
      )
    ]!;
  const found = explainLimit(plan, limit);
  // What a limit is worth depends on when: of a plan of several periods, each says its own.
  const periods =
    options.period === undefined && whole.horizon ? everyPeriod(whole).map((view) => inView(view, name)) : [];
  const trial = await resolved(options, (planWorld) => resolveLimit(whole, limit, planWorld));
  const result = periods.length > 0 ? { ...found, periods } : found;
  print(options, "explain-limit", trial ? { ...result, trial: trial.found } : result, [
    ...limitSections(found, trial),
    ...limitPeriodSections(periods),
  ]);
}

function inView(view: PlanDocument, name: string): LimitInPeriod {
  const limit = worldLimitsOf(view).find((entry) => entry.name === name);
  const period = view.world.periods[view.period]!.id;
  // A budget or supply may be given for some periods only.
  return { period, found: limit === undefined ? null : explainLimit(view, limit) };
}

/** What planning again gave; undefined when it was not asked for. */
function resolved<T>(
  options: ExplainOptions,
  work: (planWorld: PlanWorld) => Promise<T | null>,
): Promise<Resolved<T> | undefined> {
  if (!options.resolve) return Promise.resolve(undefined);
  // The whole plan is made again, as the original was; `period` only says which of its periods is looked at.
  const { gap, timeLimit, seed, repeatable = false } = options;
  return withPlanner({ gap, timeLimit, seed, repeatable }, 1, work).then((found) => ({ found }));
}

function positionOf(what: string, id: string, entries: readonly { readonly id: string }[]): number {
  const position = entries.findIndex((entry) => entry.id === id);
  if (position >= 0) return position;
  const ids = entries.map((entry) => entry.id);
  const meant = nearest(id, ids);
  const known = meant
    ? `did you mean "${meant}"?`
    : ids.length === 0
      ? "It has none."
      : `It has ${ids.slice(0, 8).join(", ")}${ids.length > 8 ? " …" : "."}`;
  throw invalid(`the plan has no ${what} "${id}". ${known}`);
}

const invalid = (why: string): CommandFailure => new CommandFailure(exitCodes.invalid, why);

function print(options: ExplainOptions, kind: string, found: object, sections: readonly Section[]): void {
  process.stdout.write(`${options.json ? resultJson(kind, found) : report(sections, options.format)}\n`);
}
