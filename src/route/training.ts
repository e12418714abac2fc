import type { Policy } from "./policy.ts";

/** What a module contributes to a training demand at a site, in useful PFLOP/s; 0 with a reason when it may not. */
export function trainingRate(
  policy: Policy,
  training: number,
  site: number,
  module: number,
): {
  readonly pflops: number;
  readonly reason: "forbidden" | "tier" | "residency" | "export" | "interconnect" | "memory" | null;
} {
  const { world } = policy;
  const demand = world.training[training]!;
  const place = world.sites[site]!;
  const chip = world.modules[module]!;
  const no = (reason: "forbidden" | "tier" | "residency" | "export" | "interconnect" | "memory") => ({
    pflops: 0,
    reason,
  });
  if (place.status === "forbidden") return no("forbidden");
  // Training is planned in the core only: it needs one campus-wide fabric and no nearness to users.
  if (place.tier !== "core" || !chip.tiers.includes("core")) return no("tier");
  if (demand.countries !== "*" && !demand.countries.includes(place.country)) return no("residency");
  if (!policy.exportAllowed[module * world.sites.length + site]) return no("export");
  // The utilisation a scenario states presumes a fast fabric; over PCIe the exchange of gradients would dominate.
  const { kind } = chip.accelerator.link;
  if (kind !== "nvlink" && kind !== "fabric") return no("interconnect");
  const tflops = chip.accelerator.tflops[demand.precision];
  if (tflops === undefined) return no("memory");
  return { pflops: (chip.acceleratorCount * tflops * demand.mfuRatio) / 1000, reason: null };
}
