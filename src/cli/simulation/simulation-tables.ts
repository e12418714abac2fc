import type { World } from "../../catalog/index.ts";
import type { Quantiles, SimulationResult } from "../../simulate/index.ts";
import type { Cell, Table } from "../terminal/write-tables.ts";

const quantileHead = (name: string): string[] =>
  ["mean", "p50", "p90", "p95", "p99", "max"].map((part) => `${name}${part[0]!.toUpperCase()}${part.slice(1)}Ms`);
const quantileCells = ({ mean, p50, p90, p95, p99, max }: Quantiles): Cell[] => [mean, p50, p90, p95, p99, max];

/** The result as tables: one row per workload and tier, caller, site, pool, link, window, area and hour. */
export function simulationTables(result: SimulationResult, world: World): Table[] {
  return [
    {
      name: "workloads",
      head: [
        "workload",
        "tier",
        "arrived",
        "completed",
        "answeredFromCache",
        "rejected",
        "ttftAttainmentRatio",
        "sloAttainmentRatio",
        "attainmentOfArrivedRatio",
        "targetRatio",
        ...["ttft", "tpot", "e2e", "queue"].flatMap(quantileHead),
        "inputTokens",
        "cachedTokens",
        "outputTokens",
        "egressBytes",
        "preemptions",
      ],
      rows: result.workloads.flatMap((workload) =>
        [{ tier: "all", ...workload }, ...workload.tiers].map((served, index): Cell[] => [
          workload.workload,
          index === 0 ? "all" : served.tier,
          index === 0 ? workload.arrived : null,
          served.completed,
          served.answeredFromCache,
          index === 0 ? workload.rejected : null,
          served.ttftAttainmentRatio,
          served.sloAttainmentRatio,
          index === 0 ? workload.attainmentOfArrivedRatio : null,
          workload.targetRatio,
          ...[served.ttftMs, served.tpotMs, served.e2eMs, served.queueMs].flatMap(quantileCells),
          served.inputTokens,
          served.cachedTokens,
          served.outputTokens,
          served.egressBytes,
          served.preemptions,
        ]),
      ),
    },
    {
      name: "rejections",
      head: ["workload", "reason", "requests"],
      rows: result.workloads.flatMap(({ workload, rejections }) =>
        rejections.map(({ reason, count }): Cell[] => [workload, reason, count]),
      ),
    },
    {
      name: "callers",
      head: [
        "workload",
        "account",
        "accounts",
        "priority",
        "arrived",
        "completed",
        "rejected",
        "overloaded",
        "attainmentOfArrivedRatio",
        ...quantileHead("ttft"),
        "inputTokens",
        "outputTokens",
      ],
      rows: result.workloads.flatMap(({ workload, callers = [] }) =>
        callers.map((caller): Cell[] => [
          workload,
          caller.account,
          caller.accounts,
          caller.priority,
          caller.arrived,
          caller.completed,
          caller.rejected,
          caller.overloaded,
          caller.attainmentOfArrivedRatio,
          ...quantileCells(caller.ttftMs),
          caller.inputTokens,
          caller.outputTokens,
        ]),
      ),
    },
    {
      name: "sites",
      head: [
        "site",
        "tier",
        "completed",
        "outputTokens",
        "ingressBytes",
        "egressBytes",
        "ingressGbps",
        "egressGbps",
        "portRatio",
      ],
      rows: result.sites.map((site): Cell[] => [
        site.site,
        site.tier,
        site.completed,
        site.outputTokens,
        site.ingressBytes,
        site.egressBytes,
        site.ingressGbps,
        site.egressGbps,
        site.portRatio,
      ]),
    },
    {
      name: "plan",
      head: [
        "pool",
        "plannedRequests",
        "completedRequests",
        "relativeDifference",
        "standardScore",
        "utilization",
        "drawRatio",
        "stoppedRatio",
        "engineStarts",
        "powerKw",
        "energyKwh",
      ],
      rows: result.agreement.pools.map((pool, index): Cell[] => {
        const { utilization, drawRatio, stoppedRatio, engineStarts, powerKw, energyKwh } = result.pools[index]!;
        return [
          pool.pool,
          pool.plannedRequests,
          pool.completedRequests,
          pool.relativeDifference,
          pool.standardScore,
          utilization,
          drawRatio,
          stoppedRatio,
          engineStarts,
          powerKw,
          energyKwh,
        ];
      }),
    },
    {
      name: "links",
      head: ["fromCountry", "toSite", "requests", "bytesIn", "bytesOut", "egressUsd"],
      rows: result.links.map(({ from, to, requests, bytesIn, bytesOut }): Cell[] => {
        const { egressUsdPerGB } = world.sites.find((site) => site.id === to)!;
        return [from, to, requests, bytesIn, bytesOut, (bytesOut / 1e9) * egressUsdPerGB];
      }),
    },
    {
      name: "windows",
      head: ["fromS", "workload", "arrived", "completed", "withinSlo", "rejected"],
      rows: result.windows.flatMap(({ fromS, workloads }) =>
        workloads.map((entry): Cell[] => [
          fromS,
          entry.workload,
          entry.arrived,
          entry.completed,
          entry.withinSlo,
          entry.rejected,
        ]),
      ),
    },
    {
      name: "site-windows",
      head: ["fromS", "site", "completed", "withinSlo"],
      rows: result.siteWindows.map((entry): Cell[] => [entry.fromS, entry.site, entry.completed, entry.withinSlo]),
    },
    {
      name: "area-hours",
      head: ["area", "workload", "hour", "arrived", "withinSlo"],
      rows: result.areaHours.map((entry): Cell[] => [
        entry.area,
        entry.workload,
        entry.hour,
        entry.arrived,
        entry.withinSlo,
      ]),
    },
    {
      name: "closed-forms",
      head: [
        "pool",
        "workload",
        "requestsPerS",
        "utilization",
        "dispersion",
        "noClaim",
        "noTailClaim",
        "measure",
        "predictedMs",
        "simulatedMs",
        "relativeDifference",
      ],
      rows: result.closedForms.flatMap((entry) =>
        (["tpot", "ttftMean", "ttftP99", "e2eMean", "e2eP99"] as const).map((measure): Cell[] => [
          entry.pool,
          entry.workload,
          entry.requestsPerS,
          entry.utilization,
          entry.dispersion,
          entry.noClaim,
          entry.noTailClaim,
          measure,
          entry[measure]?.predictedMs ?? null,
          entry[measure]?.simulatedMs ?? null,
          entry[measure]?.relativeDifference ?? null,
        ]),
      ),
    },
    {
      name: "money",
      head: ["item", "usd"],
      rows: Object.entries(result.money).map(([item, usd]): Cell[] => [item, usd]),
    },
  ];
}
