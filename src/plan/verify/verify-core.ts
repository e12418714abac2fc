/**
 * What a document says of the core alone, against prices found while verifying: any prices prove a bound, so nobody's word is
 * taken for what the core alone costs at least, and no solver is needed.
 */
import { restrictTo } from "../document/alternatives.ts";
import { certify } from "../bound/certificate.ts";
import { lagrangianBound } from "../bound/lagrangian.ts";
import type { PlanDocument } from "../document/plan-document.ts";
import { viewBySite } from "../problem/site-view.ts";
import { withTolerance, type Report } from "./verify-terms.ts";
import type { WorldProblem } from "../world/world-problem.ts";

/** Prices are looked for where that takes no longer than the rest. */
const mostArcs = 50_000;
const iterations = 200;

/**
 * Refuses a core alone that is said to cost less than it can.
 *
 * @returns What it costs at least, USD/year; null where the document says nothing of it, or it is too large to look for prices.
 */
export function checkCoreAlone(document: PlanDocument, planned: WorldProblem, report: Report): number | null {
  const { centralised } = document.alternatives;
  if (centralised === null) return null;
  const { world } = planned;
  const { problem } = restrictTo(planned, (site) => world.sites[site]!.tier === "core");
  if (problem.arcs.pool.length > mostArcs) return null;
  const view = viewBySite(problem);
  const { boundUsd } = certify(problem, lagrangianBound(problem, view, { iterations, stop: () => false }), view);
  if (!Number.isFinite(boundUsd)) return null;
  if (boundUsd > withTolerance(centralised.objectiveUsdPerYear)) {
    report(
      "alternatives.centralised",
      `is said to cost ${centralised.objectiveUsdPerYear}; the core alone cannot cost less than ${boundUsd}`,
    );
  }
  return boundUsd;
}
