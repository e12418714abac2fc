/** The limits a plan comes nearest to, and what one more module there would save. */
import { secondsPerYear } from "../../../src/finance/index.ts";
import type { PlanDocument } from "../../../src/plan/index.ts";

export interface LimitView {
  readonly name: string;
  readonly used: number;
  readonly upper: number;
  readonly ratio: number;
  readonly unit: "kW" | "Gbit/s" | "USD" | "";
  /** What one more module at the site would save a year before it is paid for: the dual of its capacity; null elsewhere. */
  readonly nextModuleUsd: number | null;
}

/** Limits used to at least this share are worth a look. */
const noticeableRatio = 0.5;

const unitOf = (name: string): LimitView["unit"] => {
  if (name.startsWith("power of")) return "kW";
  if (name.startsWith("backhaul")) return "Gbit/s";
  return name.startsWith("budget") ? "USD" : "";
};

/** Fullest first. */
export function nearestLimits(plan: PlanDocument): LimitView[] {
  const worth = new Map<number, number>();
  for (const pool of plan.deployment.pools) {
    worth.set(pool.site, Math.max(worth.get(pool.site) ?? 0, pool.capacityUsdPerModuleS * secondsPerYear));
  }
  const ofSites = plan.sites.flatMap((load): LimitView[] => {
    const { name } = plan.world.sites[load.site]!;
    const nextModuleUsd = worth.get(load.site) ?? null;
    return [
      limit(`Power of ${name}`, load.powerKw, load.powerLimitKw, "kW", nextModuleUsd),
      limit(`Ports of ${name}`, load.egressGbps, load.portGbps, "Gbit/s", null),
    ];
  });
  // That a run stands on one campus is a rule of the question, not something that could run out.
  const scarce = plan.limits.filter(({ name }) => !/^(?:one )?campus /.test(name));
  const coupling = scarce.map(({ name, used, upper }) => limit(name, used, upper, unitOf(name), null));
  return [...coupling, ...ofSites]
    .filter((view) => view.ratio >= noticeableRatio)
    .sort((a, b) => b.ratio - a.ratio || (a.name < b.name ? -1 : 1));
}

const limit = (
  name: string,
  used: number,
  upper: number,
  unit: LimitView["unit"],
  nextModuleUsd: number | null,
): LimitView => {
  // Of a share of nothing nothing is used, and yet the first module elsewhere would break it.
  const ratio = upper > 0 ? used / upper : name.startsWith("least share ") && used >= 0 ? 1 : 0;
  return { name, used, upper, ratio, unit, nextModuleUsd };
};
