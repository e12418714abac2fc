/** A plan over its periods in small tables: which chips stand, what leaves the sites, how demand grows. */
import type { Accelerator, Tier } from "../../catalog/index.ts";
import { everyPeriod } from "./period-view.ts";
import type { PlanDocument } from "./plan-document.ts";

/** Chips of one kind in a tier and period. */
export interface ChipMixRow {
  readonly period: string;
  readonly tier: Tier;
  readonly kind: Accelerator["kind"];
  readonly generation: string;
  readonly module: string;
  readonly modules: number;
  readonly accelerators: number;
  /** Drawn by the servers under load, before PUE. */
  readonly powerKw: number;
  /** Share of all accelerator power of the period. */
  readonly powerRatio: number;
}

/** Modules in service by tier and kind, period after period. */
export function chipMix(plan: PlanDocument): ChipMixRow[] {
  return everyPeriod(plan).flatMap(({ world, period, deployment }) => {
    const counts = new Map<string, number>();
    let totalKw = 0;
    for (const pool of deployment.pools) {
      const count = pool.count + pool.trainingCount;
      const key = JSON.stringify([world.sites[pool.site]!.tier, pool.module]);
      counts.set(key, (counts.get(key) ?? 0) + count);
      totalKw += count * world.modules[pool.module]!.powerKw;
    }
    return [...counts].map(([key, modules]) => {
      const [tier, module] = JSON.parse(key) as [Tier, number];
      const { id, accelerator, acceleratorCount, powerKw } = world.modules[module]!;
      return {
        period: world.periods[period]!.id,
        tier,
        kind: accelerator.kind,
        generation: accelerator.generation,
        module: id,
        modules,
        accelerators: modules * acceleratorCount,
        powerKw: modules * powerKw,
        powerRatio: totalKw > 0 ? (modules * powerKw) / totalKw : 0,
      };
    });
  });
}

/** Traffic towards users that leaves chips of one generation. */
export interface EgressRow {
  readonly period: string;
  readonly generation: string;
  /** Drawn by their sites for them, after PUE. */
  readonly facilityKw: number;
  /** At the peak of every workload. */
  readonly peakGbps: number;
  /** Per GW of facility power: comparable with what the generation's ports are built for. */
  readonly peakTbpsPerGw: number;
}

export function egressByGeneration(plan: PlanDocument): EgressRow[] {
  return everyPeriod(plan).flatMap(({ world, period, deployment }) => {
    const rows = new Map<string, { facilityKw: number; peakGbps: number }>();
    const at = (module: number) => {
      const { generation } = world.modules[module]!.accelerator;
      const row = rows.get(generation) ?? { facilityKw: 0, peakGbps: 0 };
      rows.set(generation, row);
      return row;
    };
    for (const pool of deployment.pools) {
      const { powerKw } = world.modules[pool.module]!;
      at(pool.module).facilityKw += (pool.count + pool.trainingCount) * powerKw * world.sites[pool.site]!.pue;
    }
    for (const flow of deployment.flows) {
      const { responseBytes } = world.workloads[world.demand[flow.row]!.workload]!;
      at(deployment.pools[flow.pool]!.module).peakGbps += (flow.peakPerS * responseBytes * 8) / 1e9;
    }
    return [...rows].map(([generation, { facilityKw, peakGbps }]) => ({
      period: world.periods[period]!.id,
      generation,
      facilityKw,
      peakGbps,
      peakTbpsPerGw: facilityKw > 0 ? peakGbps / 1e3 / (facilityKw / 1e6) : 0,
    }));
  });
}

/** Demand of one class and what of it is served. */
export interface DemandRowOfPeriod {
  readonly period: string;
  readonly class: "inference" | "training";
  readonly id: string;
  readonly unit: "req/s at the peak" | "PFLOP/s";
  readonly asked: number;
  readonly served: number;
  /** Over the first period; null where there was none then. */
  readonly growthRatio: number | null;
}

export function demandByPeriod(plan: PlanDocument): DemandRowOfPeriod[] {
  const { world } = plan;
  const peakOf = (workload: number, period: number): number =>
    world.demand.reduce((sum, row) => (row.workload === workload ? sum + row.peakPerS[period]! : sum), 0);
  const growth = (now: number, first: number): number | null => (first > 0 ? now / first - 1 : null);
  return everyPeriod(plan).flatMap((view) => {
    const { period } = view;
    const { id } = world.periods[period]!;
    const served = world.workloads.map(() => 0);
    for (const flow of view.deployment.flows) served[world.demand[flow.row]!.workload]! += flow.peakPerS;
    const inference = world.workloads.map((workload, index) => ({
      period: id,
      class: "inference" as const,
      id: workload.id,
      unit: "req/s at the peak" as const,
      asked: peakOf(index, period),
      served: served[index]!,
      growthRatio: growth(peakOf(index, period), peakOf(index, 0)),
    }));
    const training = world.training.map((demand, index) => ({
      period: id,
      class: "training" as const,
      id: demand.id,
      unit: "PFLOP/s" as const,
      asked: demand.pflops[period]!,
      served: view.training.reduce((sum, entry) => (entry.training === index ? sum + entry.pflops : sum), 0),
      growthRatio: growth(demand.pflops[period]!, demand.pflops[0]!),
    }));
    return [...inference, ...training];
  });
}
