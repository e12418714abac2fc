import type { Resolution } from "./resolution.ts";
import type { World } from "./world.ts";

/** Figures that are possible but hardly meant: what never arrives, costs nothing, or is worth nothing. All are warnings. */
export function checkPlausible(resolution: Resolution, world: World): void {
  const { scenario } = resolution;
  const horizonYears = world.periods.reduce((sum, period) => sum + period.lengthYears, 0);
  const end = Number(world.periods[0]!.id) + horizonYears;
  const years = (value: number): string => (value === 1 ? "1 year" : `${Number(value.toPrecision(3))} years`);
  for (const [index, entry] of (scenario.modules ?? []).entries()) {
    const id = entry.form === "use" ? entry.use : entry.id;
    const module = world.modules.find((candidate) => candidate.id === id);
    if (module === undefined) continue;
    const path = ["modules", index];
    if (module.leadTimeYears > horizonYears) {
      const message = `\`${id}\` takes ${years(module.leadTimeYears)} from order to service, the horizon has ${years(horizonYears)}: it never arrives`;
      resolution.warn(
        "DSP_SCENARIO_OUT_OF_RANGE",
        [...path, "leadTime"],
        message,
        "plan more periods, or check the unit",
      );
    }
    if (module.priceUsd === 0) {
      const message = `\`${id}\` costs nothing, so only its building and its power keep the plan from buying any number`;
      resolution.warn("DSP_SCENARIO_OUT_OF_RANGE", [...path, "price"], message, "state its price");
    }
  }
  for (const [id, entry] of Object.entries(scenario.workloads)) {
    const seeksWorth = scenario.objective === "max-npv";
    const worth = seeksWorth ? entry.price : entry.unservedPenalty;
    if (worth > 0) continue;
    const key = seeksWorth ? "price" : "unservedPenalty";
    const message = seeksWorth
      ? `\`${id}\` has no price, so a plan for most value serves none of it`
      : `leaving \`${id}\` unserved costs nothing, so the plan serves none of it`;
    resolution.warn(
      "DSP_SCENARIO_OUT_OF_RANGE",
      ["workloads", id, key],
      message,
      `write for example \`${key}: 0.01 USD/req\``,
    );
  }
  for (const [index, entry] of scenario.sites.entries()) {
    for (const [position, { leadTime }] of (entry.upgrades ?? []).entries()) {
      if (leadTime <= horizonYears) continue;
      const message = `the upgrade takes ${years(leadTime)}, the horizon has ${years(horizonYears)}: it never arrives`;
      const path = ["sites", index, "upgrades", position, "leadTime"];
      resolution.warn("DSP_SCENARIO_OUT_OF_RANGE", path, message, "plan more periods, or check the unit");
    }
    warnConnection(resolution, ["sites", index, "connection"], entry.connection, end);
  }
  for (const [index, zone] of scenario.limits.zones.entries()) {
    warnConnection(resolution, ["limits", "zones", index, "connection"], zone.connection, end);
  }
  if (world.limits.resilience === "zone" && world.limits.zones.length === 0) {
    const message = "there are no zones, so `zone` asks for no more than `site`";
    resolution.warn("DSP_SCENARIO_NOTHING_SELECTED", ["limits", "resilience"], message, "add `zones`, or write `site`");
  }
}

function warnConnection(
  resolution: Resolution,
  path: readonly (string | number)[],
  connection: number | null,
  end: number,
): void {
  if (connection === null || connection < end) return;
  const message = `the connection comes in ${connection}, after the horizon ends (${Number(end.toFixed(2))}): there is no power at all`;
  resolution.warn("DSP_SCENARIO_OUT_OF_RANGE", path, message, "plan more periods, or check the year");
}
