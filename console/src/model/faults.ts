import type { Fault, FaultScope, SimulationResult } from "../../../src/simulate/index.ts";
import type { Board } from "./board.ts";
import { roundPercent } from "./format.ts";
import { tierNames } from "./names.ts";

/** What went wrong in a simulation because it was told to, in words: `Berlin down, minute 20 to 25`. */
export function faultTexts({ world }: Board, { options, simulatedS }: SimulationResult): string[] {
  const siteNames = new Map(world.sites.map(({ id, name }) => [id, name]));
  const areaNames = new Map(world.areas.map(({ id, name }) => [id, name]));
  const sitesOf = ({ sites, tier, country, module, zone, pool, engine }: FaultScope): string => {
    const parts = [
      ...(sites ? [listed(sites.map((id) => siteNames.get(id) ?? id))] : []),
      ...(tier ? [`${tierNames[tier]} sites`] : []),
      ...(country ? [country] : []),
      ...(zone ? [`zone ${zone}`] : []),
      ...(module ? [module] : []),
      ...(pool ? [pool] : []),
      ...(engine === undefined ? [] : [`engine ${engine}`]),
    ];
    return parts.length > 0 ? parts.join(", ") : "all sites";
  };
  const whom = (fault: Fault): string => {
    if (fault.kind !== "crowd") return sitesOf(fault.where);
    const { areas = [], country } = fault.areas;
    if (areas.length > 0) return listed(areas.map((id) => areaNames.get(id) ?? id));
    return country ?? "all areas";
  };
  const told = options.faults.map((fault) => {
    const { fromS, toS } = fault;
    const until = toS === undefined || toS >= simulatedS ? "on" : `to ${minute(toS)}`;
    return `${whom(fault)} ${what(fault)}, minute ${minute(fromS)} ${until}`;
  });
  return options.randomFaults === null ? told : [...told, "failures by chance"];
}

function what(fault: Fault): string {
  switch (fault.kind) {
    case "down":
      return "down";
    case "drain":
      return "drained";
    case "slow":
      return `${fault.factor} × slower`;
    case "stale":
      return "without load reports";
    case "link":
      return `behind links ${fault.factor} × worse`;
    case "cut":
      return "cut off";
    case "control":
      return "cut off from the control network";
    case "crowd":
      return `asking for ${roundPercent(fault.factor)} of usual`;
  }
}

const minute = (seconds: number): string => String(Math.round((seconds / 60) * 10) / 10);

const shownNames = 3;

function listed(names: readonly string[]): string {
  const more = names.length - shownNames;
  return more > 1 ? `${names.slice(0, shownNames).join(", ")} and ${more} more` : names.join(", ");
}
