import { verifyPlan, type Finding, type PlanDocument, type Verification } from "../../plan/index.ts";
import { CommandFailure, exitCodes } from "../terminal/exit-codes.ts";
import { percent, usd } from "../terminal/figures.ts";
import { isSealWhole } from "../document/plan-seal.ts";
import { readPlan } from "../document/read-plan.ts";
import { readWorld, type ScenarioOptions } from "../document/read-world.ts";

export interface VerifyOptions extends ScenarioOptions {
  readonly json?: boolean;
  /** A scenario the plan must be an answer to. */
  readonly against?: string;
  /** Largest gap that is good enough, as a ratio. */
  readonly gap?: number;
}

/** Less than this share of a cost is what a solver's tolerances leave, and told as 0.000 %. */
const surelyServed = 5e-6;

/** `disperse verify`: recomputes everything a plan document claims, without a solver. */
export function verify(file: string, options: VerifyOptions): void {
  if (options.against === undefined && (options.scenario !== undefined || (options.set ?? []).length > 0)) {
    throw new CommandFailure(
      exitCodes.invalid,
      "--scenario and --set say what a scenario asks: name its file with --against.",
    );
  }
  const plan = readPlan(file);
  const checked = verifyPlan(plan);
  const findings: Finding[] = [...checked.findings];
  const isWhole = isSealWhole(plan);
  if (isWhole === false) {
    findings.push({ where: "seal", message: "the document was changed after it was written: its digest is another" });
  }
  let hash = "the scenario's hash (--against compares the scenario itself)";
  if (options.against !== undefined) {
    const { world, inputHash } = readWorld(options.against, options);
    const isSame = inputHash === plan.inputHash;
    hash = isSame ? "" : `the scenario's hash: that of ${options.against} is another, though it says the same here`;
    const place = firstDifference("world", plan.world, JSON.parse(JSON.stringify(world)));
    if (place !== null) findings.push({ where: place, message: `is not what ${options.against} says` });
  }
  // A sentence that reads otherwise was edited, unless the seal says that nothing was.
  const wordings = isWhole === true ? findings.filter(({ of }) => of === "words") : [];
  const faults = findings.filter((finding) => !wordings.includes(finding));
  const ok = faults.length === 0;
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ ...checked, ok, sealed: isWhole, findings })}\n`);
  }
  // A plan may be sound and the answer to another question.
  const [other] = faults;
  if (options.against !== undefined && faults.length === 1 && other!.where.startsWith("world") && checked.ok) {
    throw new CommandFailure(
      exitCodes.invalid,
      `${file} is refused: it is the answer to another question than ${options.against} asks.\n  ${other!.where}: ${other!.message}\nWhat it claims about its own question holds. Plan again with: disperse plan ${options.against}`,
    );
  }
  if (!ok) throw new CommandFailure(exitCodes.invalid, refusal(file, faults, isWhole));
  const gap = checked.certifiedGap ?? 1;
  if (!options.json) {
    const saidGap = plan.horizon?.relativeGap ?? plan.relativeGap ?? 1;
    process.stdout.write(
      `${[...text(file, checked, saidGap, isWhole, coreText(plan, checked), hash), ...wordingText(wordings)].join("\n")}\n`,
    );
  }
  if (options.gap !== undefined && gap > options.gap) process.exitCode = exitCodes.gapAboveTarget;
}

function refusal(file: string, faults: readonly Finding[], isWhole: boolean | null): string {
  const remedy = "Make the plan again with: disperse plan scenario.yaml --out plan.json";
  const listed = faults.map(({ where, message }) => `  ${where}: ${message}`);
  const head = `${file} is refused: ${faults.length === 1 ? "one thing does" : `${faults.length} things do`} not hold`;
  if (isWhole !== true) return [`${head}.`, ...listed, remedy].join("\n");
  return [
    `${head} in this version of disperse.`,
    ...listed,
    "Its seal is whole, so it was not edited after it was written: another version of disperse wrote it, whose figures were others, or it was sealed again after a change.",
    remedy,
  ].join("\n");
}

function wordingText(wordings: readonly Finding[]): string[] {
  if (wordings.length === 0) return [];
  const places = wordings.map(({ where }) => where).join(", ");
  return [
    `another version of disperse wrote it: every figure follows, the words of ${places} are those of that version`,
  ];
}

function text(
  file: string,
  { recomputedUsd, certifiedBoundUsd, certifiedGap, servingGap }: Verification,
  saidGap: number,
  isWhole: boolean | null,
  ofCore: readonly string[],
  hash: string,
): string[] {
  const gap = certifiedGap ?? 1;
  return [
    `${file} holds: proven within ${percent(gap, 3)} of the best.`,
    `cost recomputed from the world and the decisions: ${usd(recomputedUsd ?? 0)}`,
    `bound recomputed from the certificate: ${usd(certifiedBoundUsd ?? 0)}; no plan of this world costs less`,
    ...(saidGap < gap - 1e-6
      ? [
          `the search itself proved ${percent(saidGap, 3)}, by more branching than can be retold without a solver; what anyone can check is ${percent(gap, 3)}`,
        ]
      : []),
    ...ofCore,
    worthText(servingGap ?? 1),
    `not recomputed: how the search went, the plan of the core alone beyond that${hash === "" ? "" : `, ${hash}`}`,
    ...(isWhole === null ? ["the document carries no seal: changes that contradict nothing would not be seen"] : []),
  ];
}

/** How sure what pools are worth a second is. */
function worthText(servingGap: number): string {
  const worth = "what pools are worth a second (`capacityUsdPerModuleS`)";
  if (servingGap <= surelyServed) return `with what stands nobody could be served for less: ${worth} proves it`;
  return `${worth} proves all but ${percent(servingGap, 3)} of what serving costs with what stands; full ports and other limits may be worth the rest`;
}

/** How much of the verdict follows from what anyone can check. */
function coreText(
  { verdict, objectiveUsdPerYear }: Pick<PlanDocument, "verdict" | "objectiveUsdPerYear">,
  { coreAtLeastUsd }: Verification,
): string[] {
  if (!verdict) return [];
  if (coreAtLeastUsd === null) return ["the saving against the core alone rests on the search's word"];
  const saving = coreAtLeastUsd - objectiveUsdPerYear!;
  const bound = `the core alone costs at least ${usd(coreAtLeastUsd)}/year by prices found here`;
  if (!verdict.distribute) return [bound];
  return [
    saving > 0
      ? `${bound}: distributing saves at least ${usd(saving)} a year`
      : `${bound}, which is less than the plan: that distributing saves rests on the search's word`,
  ];
}

/** Where two JSON values differ first; null when nowhere. */
function firstDifference(where: string, a: unknown, b: unknown): string | null {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return Object.is(a, b) ? null : where;
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) {
    const place = Array.isArray(a) ? `${where}[${key}]` : `${where}.${key}`;
    const difference = firstDifference(place, left[key], right[key]);
    if (difference !== null) return difference;
  }
  return null;
}
