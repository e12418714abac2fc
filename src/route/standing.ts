import type { World } from "../catalog/index.ts";
import type { Serving } from "./serving.ts";

/** Why a site cannot take a request, in the order in which the questions are asked. */
export const rejectReasons = [
  "forbidden",
  "tier",
  "residency",
  "export",
  "memory",
  "latency-network",
  "latency-compute",
] as const;
export type RejectReason = (typeof rejectReasons)[number];

/**
 * What speaks against a module at a site whatever the origin of a request: 0 = nothing, otherwise one more than the
 * position of the first such reason in `rejectReasons`. By `(workload * modules + module) * sites + site`: a planner and
 * a lane ask for it for every pair of origin and site, and a byte is quicker to find than a site, its tier and its laws.
 */
export function compileStanding(world: World, exportAllowed: Uint8Array, serving: readonly Serving[]): Uint8Array {
  const { sites, modules } = world;
  const standing = new Uint8Array(serving.length * sites.length);
  for (const [w, workload] of world.workloads.entries()) {
    for (const [m, module] of modules.entries()) {
      const pair = w * modules.length + m;
      const { options, reason } = serving[pair]!;
      for (const [s, site] of sites.entries()) {
        const isTier = workload.tiers.includes(site.tier) && module.tiers.includes(site.tier);
        let against: RejectReason | null = null;
        if (site.status === "forbidden") against = "forbidden";
        else if (!isTier) against = "tier";
        else if (!exportAllowed[m * sites.length + s]) against = "export";
        else if (options.length === 0) against = reason;
        standing[pair * sites.length + s] = against === null ? 0 : rejectReasons.indexOf(against) + 1;
      }
    }
  }
  return standing;
}

/** Reasons up to this standing are asked for before residency, the others after. */
export const residencyStanding = rejectReasons.indexOf("residency") + 1;
