import type { Resolution } from "./resolution.ts";
import type { World } from "../world/world.ts";

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
    if (module.leadTimeYears >= horizonYears) {
      const message = `\`${id}\` takes ${years(module.leadTimeYears)} from order to service, the horizon has ${years(horizonYears)}: it never arrives`;
      resolution.warn(
        "DSP_SCENARIO_OUT_OF_RANGE",
        [...path, "leadTime"],
        message,
        "plan more periods, or check the unit",
      );
    }
    const longest = Math.max(...world.periods.map((period) => period.lengthYears));
    if (module.lifeYears < longest) {
      const message = `\`${id}\` lasts ${years(module.lifeYears)}, a period ${years(longest)}: within it worn out ones are replaced at the same cost a year`;
      const hint = "plan shorter periods, or check the unit";
      resolution.warn("DSP_SCENARIO_OUT_OF_RANGE", [...path, "life"], message, hint);
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
  for (const [index, { peak, mean }] of scenario.demand.entries()) {
    if (mean === null || !mean.some((rate, period) => rate === 0 && peak[period]! > 0)) continue;
    const message = "requests come at the peak and at no other time, so leaving them unserved costs nothing";
    resolution.warn("DSP_SCENARIO_OUT_OF_RANGE", ["demand", index, "mean"], message, "leave `mean` out, or state it");
  }
  for (const [index, entry] of scenario.sites.entries()) {
    for (const [position, { leadTime }] of (entry.upgrades ?? []).entries()) {
      if (leadTime < horizonYears) continue;
      const message = `the upgrade takes ${years(leadTime)}, the horizon has ${years(horizonYears)}: it never arrives`;
      const path = ["sites", index, "upgrades", position, "leadTime"];
      resolution.warn("DSP_SCENARIO_OUT_OF_RANGE", path, message, "plan more periods, or check the unit");
    }
    warnConnection(resolution, ["sites", index, "connection"], entry.connection, end);
  }
  for (const [index, zone] of scenario.limits.zones.entries()) {
    warnConnection(resolution, ["limits", "zones", index, "connection"], zone.connection, end);
  }
  for (const [index, { id }] of world.workloads.entries()) {
    if (world.demand.some((row) => row.workload === index && row.peakPerS.some((peak) => peak > 0))) continue;
    const message = `nobody asks for \`${id}\`: its demand is 0 in every area`;
    resolution.warn(
      "DSP_SCENARIO_OUT_OF_RANGE",
      ["workloads", id],
      message,
      "state how much is asked for, or leave it out",
    );
  }
  warnFleets(resolution, world);
  warnResilience(resolution, world);
  if (world.limits.resilience === "zone" && world.limits.zones.length === 0) {
    const message = "there are no zones, so `zone` asks for no more than `site`";
    resolution.warn("DSP_SCENARIO_NOTHING_SELECTED", ["limits", "resilience"], message, "add `zones`, or write `site`");
  }
}

/** Machines that stand where they can never all run, and sites that close before the plan begins. */
function warnFleets(resolution: Resolution, world: World): void {
  const positions = new Map(world.sites.map((site, index) => [site.id, index]));
  for (const [index, entry] of resolution.scenario.sites.entries()) {
    const site = entry.form === "inline" ? world.sites[positions.get(entry.id) ?? -1] : undefined;
    if (site?.closedFromPeriod === 0) {
      const message = `\`${site.id}\` has to be closed before the plan begins (${world.periods[0]!.id})`;
      resolution.warn("DSP_SCENARIO_OUT_OF_RANGE", ["sites", index, "closeBy"], message, "leave the site out");
    }
    if (site === undefined || site.installed.length === 0) continue;
    const kw = site.installed.reduce(
      (sum, { module, count }) => sum + count * world.modules[module]!.powerKw * site.pue,
      0,
    );
    const most = site.powerLimitKw.reduce((a, b) => Math.max(a, b), 0);
    const added = (site.upgrades ?? []).reduce((sum, { addedKw }) => sum + addedKw, 0);
    if (kw <= (most + added) * (1 + 1e-9)) continue;
    const message = `what is installed draws up to ${shownKw(kw)}, the site has ${shownKw(most + added)}: the rest stands idle`;
    const hint = "check the counts and `powerLimit`";
    resolution.warn("DSP_SCENARIO_OUT_OF_RANGE", ["sites", index, "installed"], message, hint);
  }
}

const shownKw = (kw: number): string => `${Number(kw.toPrecision(3))} kW`;

/** What a loss takes with it and nobody else may take over is not made safe by any reserve. */
function warnResilience(resolution: Resolution, { sites, limits }: World): void {
  if (limits.resilience === undefined) return;
  const path = ["limits", "resilience"];
  const usable = [...sites.keys()].filter((site) => sites[site]!.status !== "forbidden");
  const say = (what: string): void => {
    const message = `${what}: its loss leaves nobody to take over, so no reserve is planned for it`;
    resolution.warn("DSP_SCENARIO_NOTHING_SELECTED", path, message, "add sites elsewhere, or take it out");
  };
  if (usable.length < 2) say(`there is one site only, \`${sites[usable[0] ?? 0]!.id}\``);
  else if ((limits.maxSites ?? 2) < 2) {
    const message = `only one site may be open (\`limits.maxSites\`), so nothing takes over when it is lost: whoever two of them could serve is left unserved`;
    resolution.warn("DSP_SCENARIO_CONFLICT", path, message, "allow two sites, or take it out");
  }
  if (limits.resilience !== "zone" || usable.length < 2) return;
  for (const zone of limits.zones) {
    if (usable.every((site) => zone.sites.includes(site))) say(`the zone \`${zone.id}\` holds every site`);
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
