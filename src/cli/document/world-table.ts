import { tiers, type World } from "../../catalog/index.ts";
import { ms, power, three } from "../terminal/figures.ts";
import { textTable } from "../terminal/text-table.ts";

/** What a world holds, in two small tables: workloads with their demand, and sites by tier. */
export function worldTable(world: World): string {
  const workloads = world.workloads.map((workload, index) => {
    const rows = world.demand.filter((row) => row.workload === index);
    const peakPerS = rows.reduce((sum, row) => sum + row.peakPerS[0]!, 0);
    return [
      workload.id,
      world.models[workload.model]!.id,
      `${ms(workload.ttft.budgetMs)} for ${three(workload.ttft.attainmentRatio * 100)} %`,
      `${three(peakPerS)} req/s`,
      String(new Set(rows.map((row) => row.area)).size),
      workload.dataClass,
    ];
  });
  const sites = tiers.map((tier) => {
    const of = world.sites.filter((site) => site.tier === tier);
    const powerKw = of.reduce((sum, site) => sum + site.powerLimitKw[0]!, 0);
    return [tier, String(of.length), power(powerKw), String(new Set(of.map((site) => site.country)).size)];
  });
  return [
    textTable(["workload", "model", "first token", "peak demand", "areas", "data"], workloads),
    "",
    textTable(["tier", "sites", "power", "countries"], sites),
  ].join("\n");
}
