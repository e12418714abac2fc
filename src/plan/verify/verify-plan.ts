/**
 * Checks a plan document without a solver and without trusting how it was made: every limit of the world against what
 * stands, every flow against the routing policy, the cost against finance, and the bound against the certificate. One pass
 * over flows and arcs per period.
 */
import type { PlanDocument } from "../document/plan-document.ts";
import { gapOf } from "../problem/solution-path.ts";
import { verifyHorizon } from "./verify-horizon.ts";
import { verifyPeriod } from "./verify-period.ts";
import type { Checked, Finding, Report } from "./verify-terms.ts";

export interface Verification {
  /** No finding, not even of words: the plan is feasible, costs what it says and is proven within `certifiedGap`. */
  readonly ok: boolean;
  readonly findings: readonly Finding[];
  /**
   * From the world and the deployment alone; null when the document has no plan. USD/year, or USD of present value when the
   * plan has a horizon.
   */
  readonly recomputedUsd: number | null;
  /** From the certificate alone, in the same unit; null when there is none. */
  readonly certifiedBoundUsd: number | null;
  /** (cost − certified bound) / cost; what anyone can check. Null without a certificate. */
  readonly certifiedGap: number | null;
  /**
   * What the core alone costs at least, USD/year of the first period, by prices found while verifying; null where the document
   * says nothing of it, or it is too large for that.
   */
  readonly coreAtLeastUsd: number | null;
  /**
   * What pools are said to be worth a second proves what serving costs with what stands but for this share, in the period where it is
   * largest; null when the document has no plan.
   */
  readonly servingGap: number | null;
  /** One sentence for people. */
  readonly sentence: string;
}

/** Findings listed; a thoroughly broken document would have one per flow. */
const findingsListed = 50;

export function verifyPlan(document: PlanDocument): Verification {
  const findings: Finding[] = [];
  const report: Report = (where, message, of = "figures") => {
    if (findings.length < findingsListed) findings.push({ where, message, of });
  };
  if (document.format !== "disperse/plan/v1") {
    report("format", `this is no plan document: format is ${String(document.format)}`);
    return conclude(findings, nothingKnown);
  }
  if (document.status === "infeasible" || document.objectiveUsdPerYear === null) {
    report("status", "the document says that no plan exists; there is nothing to verify");
    return conclude(findings, nothingKnown);
  }
  try {
    if (document.horizon) return conclude(findings, verifyHorizon(document, document.horizon, report));
    // What stands alone was bought in its own period.
    const { vintages, ...deployment } = document.deployment;
    if (vintages !== undefined) report("deployment.vintages", "what stands alone was bought in its own period");
    const whole: PlanDocument = { ...document, horizon: null, deployment };
    return conclude(findings, verifyPeriod(whole, { kind: "alone" }, report));
  } catch (error) {
    // A document is not to be trusted in its shape either: what cannot be computed with is refused, not a crash.
    report("world", `cannot be computed with (${(error as Error).message}); the document was cut or edited`);
    return conclude(findings, nothingKnown);
  }
}

const nothingKnown: Checked = { costUsd: null, certifiedUsd: null };

function conclude(
  findings: readonly Finding[],
  { costUsd: recomputedUsd, certifiedUsd: certifiedBoundUsd, coreAtLeastUsd = null, servingGap = null }: Checked,
): Verification {
  const isProven = recomputedUsd !== null && certifiedBoundUsd !== null && Number.isFinite(certifiedBoundUsd);
  const certifiedGap = isProven ? gapOf(recomputedUsd, certifiedBoundUsd) : null;
  const first = findings[0];
  const sentence =
    first === undefined
      ? `Every limit holds, the cost is right, and the plan is proven within ${((certifiedGap ?? 1) * 100).toFixed(3)} % of the best.`
      : `Refused: ${first.where}: ${first.message}`;
  const ok = first === undefined;
  return { ok, findings, recomputedUsd, certifiedBoundUsd, certifiedGap, coreAtLeastUsd, servingGap, sentence };
}
