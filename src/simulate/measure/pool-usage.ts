import type { Tier, World } from "../../catalog/index.ts";
import type { ScalingUsage } from "../engine/autoscaler.ts";
import { wallPowerKw } from "../../perf/index.ts";
import type { Routes } from "../../route/index.ts";

/** What the engines of each group did, ms, all its engines together. */
export interface EngineActivity {
  readonly busyMs: Float64Array;
  /** Time at full load that takes the same energy above idling as what they did. */
  readonly drawnMs: Float64Array;
}

/** What the modules of one pool did. Training modules are not part of it. */
export interface PoolUsage {
  readonly pool: string;
  readonly site: string;
  readonly tier: Tier;
  readonly module: string;
  readonly modules: number;
  /** Share of the accelerators' time spent in engine steps. */
  readonly utilization: number;
  /** Part of the power between idle and full load that they drew on average: less than `utilization`, as few steps take all. */
  readonly drawRatio: number;
  /** Mean draw at the wall times PUE, and the energy over the simulated span. */
  readonly powerKw: number;
  readonly energyKwh: number;
  /** The part of the energy that serving adds to idling; below 0 where stopped engines save more than that. */
  readonly servingEnergyKwh: number;
  /** Share of the accelerators' time in which their engines were stopped by the autoscaler, and how often one started. */
  readonly stoppedRatio: number;
  readonly engineStarts: number;
}

export function poolUsage(
  world: World,
  routes: Routes,
  activity: EngineActivity,
  scalingOfGroup: (group: number) => ScalingUsage | null,
  simulatedMs: number,
): PoolUsage[] {
  const busyMs = new Float64Array(routes.deployment.pools.length);
  const drawnMs = new Float64Array(busyMs.length);
  const stoppedMs = new Float64Array(busyMs.length);
  const starts = new Float64Array(busyMs.length);
  for (const [index, group] of routes.groups.entries()) {
    // An engine with half a share keeps its accelerators busy half of the time it is busy itself.
    const accelerators = group.tensorParallel * group.speedRatio;
    busyMs[group.pool]! += activity.busyMs[index]! * accelerators;
    drawnMs[group.pool]! += activity.drawnMs[index]! * accelerators;
    const scaling = scalingOfGroup(index);
    stoppedMs[group.pool]! += (scaling?.stoppedMs ?? 0) * accelerators;
    starts[group.pool]! += scaling?.starts ?? 0;
  }
  return routes.deployment.pools.map((pool, position) => {
    const site = world.sites[pool.site]!;
    const module = world.modules[pool.module]!;
    const availableMs = pool.count * module.acceleratorCount * simulatedMs;
    const utilization = availableMs > 0 ? Math.min(1, busyMs[position]! / availableMs) : 0;
    const drawRatio = availableMs > 0 ? Math.min(utilization, drawnMs[position]! / availableMs) : 0;
    // What idles without an engine is switched off.
    const stoppedRatio = availableMs > 0 ? Math.min(1 - utilization, stoppedMs[position]! / availableMs) : 0;
    const idlePerModuleKw = wallPowerKw(module, 0) * site.pue;
    const powerKw =
      pool.count * (wallPowerKw(module, drawRatio) * site.pue - Math.max(0, stoppedRatio) * idlePerModuleKw);
    const idleKw = pool.count * wallPowerKw(module, 0) * site.pue;
    const hours = simulatedMs / 3_600_000;
    return {
      pool: pool.id,
      site: site.id,
      tier: site.tier,
      module: module.id,
      modules: pool.count,
      utilization,
      drawRatio,
      powerKw,
      energyKwh: powerKw * hours,
      servingEnergyKwh: (powerKw - idleKw) * hours,
      stoppedRatio: Math.max(0, stoppedRatio),
      engineStarts: starts[position]!,
    };
  });
}
