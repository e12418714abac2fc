/** What a simulation says of places and times: sites, links, windows, areas by the hour. */
import { groupSum } from "../measure/group-measures.ts";
import { spanMs, type MeasuredRun } from "./measured-run.ts";
import type { AreaHourResult, LinkResult, SiteResult, SiteWindowResult, WindowResult } from "./simulation-result.ts";

export function describeSites(run: MeasuredRun): SiteResult[] {
  const { world, measures, routes } = run;
  const simulatedS = spanMs(run) / 1000;
  const gbps = (bytes: number): number => (simulatedS > 0 ? (bytes * 8) / 1e9 / simulatedS : 0);
  const outputTokens = Float64Array.from(measures.answeredTokens);
  for (const [group, { site }] of routes.groups.entries()) {
    outputTokens[site]! += measures.groups.totalOf(group, groupSum.outputTokens);
  }
  const open = [...new Set(routes.deployment.pools.map((pool) => pool.site))].toSorted((a, b) => a - b);
  return open.map((position) => {
    const site = world.sites[position]!;
    const { requests, bytesIn: ingressBytes, bytesOut: egressBytes } = measures.traffic.of(position);
    return {
      site: site.id,
      tier: site.tier,
      completed: requests,
      outputTokens: outputTokens[position]!,
      egressBytes,
      ingressBytes,
      egressGbps: gbps(egressBytes),
      ingressGbps: gbps(ingressBytes),
      portRatio: site.portGbps > 0 ? gbps(Math.max(egressBytes, ingressBytes)) / site.portGbps : 0,
    };
  });
}

/** Windows that lie within what was simulated, the warm-up not counted. */
function measuredWindows({ measures, fromMs, untilMs }: MeasuredRun): number[] {
  const end = Math.min(measures.windowCount, Math.ceil(untilMs / measures.windowMs));
  const begin = Math.min(end, Math.floor(fromMs / measures.windowMs));
  return Array.from({ length: end - begin }, (_, i) => begin + i);
}

export function describeWindows(run: MeasuredRun): WindowResult[] {
  const { world, measures } = run;
  return measuredWindows(run).map((window) => ({
    fromS: (window * measures.windowMs) / 1000,
    workloads: world.workloads.map(({ id }, w) => {
      const slot = window * world.workloads.length + w;
      return {
        workload: id,
        arrived: measures.windows.arrived[slot]!,
        completed: measures.windows.completed[slot]!,
        withinSlo: measures.windows.withinSlo[slot]!,
        rejected: measures.windows.rejected[slot]!,
      };
    }),
  }));
}

export function describeSiteWindows(run: MeasuredRun): SiteWindowResult[] {
  const { world, measures } = run;
  if (measures.siteWindowCompleted.length === 0) return [];
  return measuredWindows(run).flatMap((window) =>
    world.sites.flatMap(({ id }, site): SiteWindowResult[] => {
      const slot = window * world.sites.length + site;
      const completed = measures.siteWindowCompleted[slot]!;
      if (completed === 0) return [];
      const fromS = (window * measures.windowMs) / 1000;
      return [{ site: id, fromS, completed, withinSlo: measures.siteWindowWithinSlo[slot]! }];
    }),
  );
}

export function describeLinks({ world, measures }: MeasuredRun): LinkResult[] {
  return measures.traffic.origins.flatMap((from, origin) =>
    world.sites.flatMap(({ id }, site): LinkResult[] => {
      const carried = measures.traffic.between(origin, site);
      return carried.requests === 0 ? [] : [{ from, to: id, ...carried }];
    }),
  );
}

export function describeAreaHours({ world, measures }: MeasuredRun): AreaHourResult[] {
  const results: AreaHourResult[] = [];
  for (let hour = 0; hour < measures.hours; hour++) {
    for (const [row, demand] of world.demand.entries()) {
      const slot = hour * world.demand.length + row;
      const arrived = measures.hourArrived[slot]!;
      if (arrived === 0) continue;
      results.push({
        area: world.areas[demand.area]!.id,
        workload: world.workloads[demand.workload]!.id,
        hour,
        arrived,
        withinSlo: measures.hourWithinSlo[slot]!,
      });
    }
  }
  return results;
}
