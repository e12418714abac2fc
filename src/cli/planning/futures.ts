import { dirname, relative, resolve } from "node:path";
import { createHighsSolver } from "../../adapters/solver-highs/index.ts";
import { tiers } from "../../catalog/index.ts";
import {
  planFutures,
  type FutureOutcome,
  type FuturesDecision,
  type FuturesPlan,
  type FuturesTools,
  type PlanDocument,
  type FutureWorld,
  type ProvenWithin,
} from "../../plan/index.ts";
import { CommandFailure, exitCodes } from "../terminal/exit-codes.ts";
import { percent, usd } from "../terminal/figures.ts";
import { inCommandsWords, progressText, searchTools } from "./find-plan.ts";
import { onInterrupt } from "../terminal/interrupts.ts";
import { periodPosition } from "../document/period-option.ts";
import type { SearchOptions } from "./plan-worlds.ts";
import { seal } from "../document/plan-seal.ts";
import { clashLines } from "./plan-summary.ts";
import { ProgressLine } from "../terminal/progress-line.ts";
import { readWorld, type ScenarioOptions } from "../document/read-world.ts";
import { report, type ReportFormat, type Section } from "../terminal/report.ts";
import { requireWritable, writeResult } from "../terminal/write-file.ts";

export interface FuturesCommandOptions extends ScenarioOptions, SearchOptions {
  readonly format: ReportFormat;
  readonly json?: boolean;
  /** Write the result document here. */
  readonly out?: string;
  readonly leastRegret?: boolean;
  /** Write the plan that begins with the common decision here. */
  readonly plan?: string;
  /** The future that plan is of. */
  readonly for?: string;
}

/** `disperse futures`: one decision for all futures the scenario names, and what knowing the future would be worth. */
export async function futures(file: string, options: FuturesCommandOptions): Promise<void> {
  for (const path of [options.out, options.plan])
    if (path !== undefined) requireWritable(path, false, "choose another name");
  if (options.out !== undefined && options.plan !== undefined && resolve(options.out) === resolve(options.plan)) {
    throw new CommandFailure(
      exitCodes.invalid,
      `--out and --plan both name ${options.out}: give each a file of its own.`,
    );
  }
  if (options.for !== undefined && options.plan === undefined) {
    throw new CommandFailure(exitCodes.invalid, "--for: say with --plan where to write that future's plan.");
  }
  const told = new Set<string>();
  const { futures: named, inputHash } = readWorld(file, options, undefined, told);
  if (named.length === 0) {
    throw new CommandFailure(
      exitCodes.invalid,
      `${file} names no futures. Add, for example:\nfutures:\n  calm: { probability: 75 % }\n  shock: { probability: 25 %, apply: [NAME OF AN OVERRIDE] }`,
    );
  }
  // Probabilities are written in percent and may be a rounding away from 100.
  const sum = named.reduce((total, { probability }) => total + probability, 0);
  const loaded = named.map(({ name }) => readWorld(file, options, name, told));
  const worlds = named.map(({ name, probability }, s) => ({
    name,
    probability: probability / sum,
    world: loaded[s]!.world,
  }));
  if (worlds.some(({ world }) => world.limits.resilience !== undefined)) {
    process.stderr.write(
      "the loss of sites is left out of the common decision; the plan that --plan writes serves only what survives it\n",
    );
  }
  const likeliest = worlds.reduce((a, b) => (b.probability > a.probability ? b : a)).name;
  const documentOf = options.plan === undefined ? undefined : (options.for ?? likeliest);
  if (documentOf !== undefined && !worlds.some(({ name }) => name === documentOf)) {
    const known = worlds.map(({ name }) => name).join(", ");
    throw new CommandFailure(exitCodes.invalid, `--for: there is no future "${documentOf}". There are: ${known}.`);
  }
  const { found, plan, noPlan } = await search(worlds, inputHash, documentOf, options);
  if (plan !== null) {
    const { files, inputHash: ofFuture } = loaded[worlds.findIndex(({ name }) => name === documentOf)]!;
    const inputs = files.map(({ path, sha256 }) => ({ name: relative(dirname(resolve(options.plan!)), path), sha256 }));
    writeResult(options.plan!, `${JSON.stringify(seal({ ...plan, inputHash: ofFuture, inputs }))}\n`);
    process.stderr.write(`wrote ${options.plan}, the plan of ${documentOf}; next: disperse verify ${options.plan}\n`);
  }
  if (options.out !== undefined) writeResult(options.out, `${JSON.stringify(found)}\n`);
  if (found.status === "infeasible") {
    if (options.json) process.stdout.write(`${JSON.stringify(found)}\n`);
    throw new CommandFailure(exitCodes.infeasible, clashLines(found.clashes).join("\n"));
  }
  process.stdout.write(`${options.json ? JSON.stringify(found) : report(sections(found), options.format)}\n`);
  if (noPlan !== null)
    throw new CommandFailure(exitCodes.invalid, `futures: ${options.plan} was not written: ${noPlan}.`);
  if (found.status !== "optimal") process.exitCode = exitCodes.gapAboveTarget;
}

async function search(
  worlds: readonly FutureWorld[],
  inputHash: string,
  documentOf: string | undefined,
  options: FuturesCommandOptions,
): Promise<{ found: FuturesPlan; plan: PlanDocument | null; noPlan: string | null }> {
  const solver = createHighsSolver({ threads: 2 });
  const progress = new ProgressLine();
  const stop = new AbortController();
  const deaf = onInterrupt(() => {
    progress.finish("stopping: keeping the best decision so far (Ctrl-C again to quit) …");
    stop.abort();
  });
  const steps = worlds.length + 2 + (options.leastRegret === true ? 1 : 0) + (documentOf === undefined ? 0 : 1);
  let plan: PlanDocument | null = null;
  let noPlan: string | null = null;
  let step = 0;
  let head = "";
  const tools: FuturesTools = {
    ...searchTools(solver, options),
    onStep: (label) => progress.show((head = `${++step} of ${steps}, ${label}: `)),
    onProgress: (point) => progress.show(head + progressText(point)),
    onDocument: (document) => (plan = document),
    onNoDocument: (why) => (noPlan = why),
  };
  try {
    const found = await planFutures(worlds, tools, {
      relativeGap: options.gap,
      timeLimitS: options.timeLimit,
      seed: options.seed,
      inputHash,
      leastRegret: options.leastRegret === true,
      signal: stop.signal,
      ...(documentOf === undefined ? {} : { documentOf }),
      ...(options.period === undefined ? {} : { period: periodPosition(worlds[0]!.world, options.period) }),
    });
    return { found, plan, noPlan };
  } catch (error) {
    if (error instanceof RangeError) throw new CommandFailure(exitCodes.invalid, `futures: ${error.message}.`);
    throw inCommandsWords(error);
  } finally {
    progress.finish();
    deaf();
    await solver.close();
  }
}

const known = (value: number | null, show: (value: number) => string = usd): string =>
  value === null ? "–" : show(value);

function sections(found: FuturesPlan): Section[] {
  const [common, ...others] = found.decisions as [FuturesDecision, ...FuturesDecision[]];
  return [
    {
      lines: [
        `Decided once for ${counted(found.futures.length)} (${scopeOf(found)}): ${known(found.expectedUsdPerYear)} a year in expectation; no decision made before the future is known comes to less than ${known(found.bestBoundUsdPerYear)} (gap ${percent(found.relativeGap ?? 0, 2)}, ${found.method}).`,
      ],
    },
    {
      title: "The decision in each future",
      head: [
        "future",
        "probability",
        "cost per year",
        "planned for it alone",
        "regret",
        "served at the peak",
        "idle modules",
      ],
      rows: found.futures.map((future, s) => {
        const outcome = common.outcomes[s]!;
        return [
          future.name,
          percent(future.probability),
          known(outcome.usdPerYear),
          usd(future.aloneUsdPerYear),
          known(outcome.regretUsdPerYear, money),
          known(outcome.servedRatio, percent),
          known(outcome.idleModules, String),
        ];
      }),
    },
    { title: "What knowing would be worth", lines: worthLines(found) },
    {
      title: "Regret of other decisions, per year",
      head: ["decided for", "expected cost", ...found.futures.map(({ name }) => name), "greatest regret"],
      rows: [common, ...others].map((decision) => [
        decision.name,
        known(decision.expectedUsdPerYear),
        ...decision.outcomes.map((outcome) =>
          outcome.regretUsdPerYear === null ? whyNot(outcome) : money(outcome.regretUsdPerYear),
        ),
        known(decision.greatestRegretUsdPerYear, money),
      ]),
    },
    {
      title: "What each decision builds",
      head: ["decided for", ...tiers.map((tier) => `${tier} sites`), "modules"],
      rows: [common, ...others].map((decision) => [
        decision.name,
        ...decision.openSites.map(({ count }) => String(count)),
        modulesText(decision),
      ]),
    },
  ];
}

const counted = (futures: number): string => (futures === 1 ? "one future" : `${futures} futures`);

function scopeOf({ period, periods }: FuturesPlan): string {
  if (periods === undefined) return `period ${period}`;
  return `what is bought in ${period}; what follows until ${periods.at(-1)} is decided in each; money levelised`;
}

/** Money to the dollar: less is rounding of the search. */
const money = (value: number): string => usd(Math.abs(value) < 0.5 ? 0 : value);

const whyNot = ({ lacks }: FutureOutcome): string => (lacks === "not-found" ? "not known" : "cannot be built");

function worthLines({ evpi, vss, waitAndSeeUsdPerYear, decisions }: FuturesPlan): string[] {
  const range = ({ atLeastUsdPerYear, atMostUsdPerYear }: ProvenWithin): string =>
    `within the gaps from ${money(atLeastUsdPerYear)} to ${money(atMostUsdPerYear)}`;
  const lines: string[] = [];
  if (evpi !== null)
    lines.push(
      `  Knowing the future before deciding: ${money(evpi.usdPerYear)} a year (${range(evpi)}); one would then pay ${known(waitAndSeeUsdPerYear)}.`,
    );
  const ofAverage = decisions.find(({ name }) => name === "average")?.outcomes ?? [];
  lines.push(
    vss === null
      ? ofAverage.some(({ lacks }) => lacks === "cannot-be-built")
        ? "  A plan for the average of the futures cannot be built in all of them."
        : "  What a plan for the average of the futures comes to in all of them was not found in time."
      : `  Planning for all futures instead of their average: ${money(vss.usdPerYear)} a year (${range(vss)}).`,
  );
  return lines;
}

function modulesText({ modules }: FuturesDecision): string {
  const counts = new Map<string, number>();
  for (const { module, count } of modules) counts.set(module, (counts.get(module) ?? 0) + count);
  return [...counts].map(([id, count]) => `${count} × ${id}`).join(", ") || "–";
}
