import { verifyPlan, type Finding, type Verification } from "../plan/index.ts";
import { CommandFailure, exitCodes } from "./exit-codes.ts";
import { percent, usd } from "./figures.ts";
import { isSealWhole } from "./plan-seal.ts";
import { readPlan } from "./read-plan.ts";
import { readWorld, type ScenarioOptions } from "./read-world.ts";

export interface VerifyOptions extends ScenarioOptions {
  readonly json?: boolean;
  /** A scenario the plan must be an answer to. */
  readonly against?: string;
  /** Largest gap that is good enough, as a ratio. */
  readonly gap?: number;
}

/** `disperse verify`: recomputes everything a plan document claims, without a solver. */
export function verify(file: string, options: VerifyOptions): void {
  const plan = readPlan(file);
  const checked = verifyPlan(plan);
  const findings: Finding[] = [...checked.findings];
  const isWhole = isSealWhole(plan);
  if (isWhole === false) {
    findings.push({ where: "seal", message: "the document was changed after it was written: its digest is another" });
  }
  if (options.against !== undefined) {
    const { world } = readWorld(options.against, options);
    const place = firstDifference("world", plan.world, JSON.parse(JSON.stringify(world)));
    if (place !== null) findings.push({ where: place, message: `is not what ${options.against} says` });
  }
  const ok = findings.length === 0;
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ ...checked, ok, sealed: isWhole, findings })}\n`);
  }
  if (!ok) {
    const listed = findings.map(({ where, message }) => `  ${where}: ${message}`);
    throw new CommandFailure(
      exitCodes.invalid,
      [
        `${file} is refused: ${findings.length === 1 ? "one thing does" : `${findings.length} things do`} not hold.`,
        ...listed,
        "Make the plan again with: disperse plan scenario.yaml --out plan.json",
      ].join("\n"),
    );
  }
  const gap = checked.certifiedGap ?? 1;
  if (!options.json)
    process.stdout.write(`${text(file, checked, plan.horizon?.relativeGap ?? plan.relativeGap ?? 1, isWhole)}\n`);
  if (options.gap !== undefined && gap > options.gap) process.exitCode = exitCodes.gapAboveTarget;
}

function text(
  file: string,
  { recomputedUsd, certifiedBoundUsd, certifiedGap }: Verification,
  saidGap: number,
  isWhole: boolean | null,
): string {
  const gap = certifiedGap ?? 1;
  return [
    `${file} holds: proven within ${percent(gap, 3)} of the best.`,
    `cost recomputed from the world and the decisions: ${usd(recomputedUsd ?? 0)}`,
    `bound recomputed from the certificate: ${usd(certifiedBoundUsd ?? 0)}; no plan of this world costs less`,
    ...(saidGap < gap - 1e-6
      ? [
          `the search itself proved ${percent(saidGap, 3)}, by branching, which cannot be retold without a solver; what anyone can check is ${percent(gap, 3)}`,
        ]
      : []),
    ...(isWhole === null ? ["the document carries no seal: changes that contradict nothing would not be seen"] : []),
  ].join("\n");
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
