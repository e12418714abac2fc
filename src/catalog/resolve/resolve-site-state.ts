import type { SiteEntry } from "../../scenario/index.ts";
import type { Resolution, ScenarioPath } from "./resolution.ts";
import type { Site } from "../world/world-places.ts";
import type { Period } from "../world/world.ts";

/** Whether and when a site may or must be closed. */
export function closingOf(
  resolution: Resolution,
  path: ScenarioPath,
  { status, closingCost, salvage, closeBy }: SiteEntry,
  periods: readonly Period[],
): Pick<Site, "closingCostUsd" | "closedFromPeriod"> {
  if (closingCost === null && closeBy === null && salvage === null) return {};
  if (status !== "existing") {
    const key = closeBy !== null ? "closeBy" : closingCost !== null ? "closingCost" : "salvage";
    const hint = "write `status: existing`, or remove it";
    resolution.error(
      "DSP_SCENARIO_CONFLICT",
      [...path, key],
      `only an existing site closes, this one is ${status}`,
      hint,
    );
    return {};
  }
  const closingCostUsd = (closingCost ?? 0) - (salvage ?? 0);
  if (closeBy === null) return { closingCostUsd };
  const begins = periods.map((period) => Number(period.id));
  const closedFromPeriod = begins.findIndex((begin) => begin >= closeBy - 1e-9);
  if (closedFromPeriod < 0) {
    const message = `\`closeBy\` lies after the last period begins (${begins.at(-1)}), so the site never has to close`;
    resolution.warn("DSP_SCENARIO_OUT_OF_RANGE", [...path, "closeBy"], message, "plan more periods, or remove it");
    return closingCost === null && salvage === null ? {} : { closingCostUsd };
  }
  return { closingCostUsd, closedFromPeriod };
}

/** A site where its owner may not invest is forbidden; asking for it all the same is a contradiction. */
export function placesOfOwner(
  resolution: Resolution,
  path: ScenarioPath,
  owner: string,
  { status, form }: SiteEntry,
): (country: string) => Site["status"] {
  const { owners } = resolution.scenario;
  const countries = Object.hasOwn(owners, owner) ? owners[owner]!.countries : "*";
  // A selection may well be wider than what its owner may do.
  const isOne = form === "inline";
  let reported = false;
  return (country) => {
    if (countries === "*" || countries.includes(country)) return status;
    if (status === "forced" && !reported) {
      reported = true;
      const message = `the site is forced open in ${country}, where its owner \`${owner}\` may not invest`;
      const hint = "give it another owner, add the country to the owner's `countries`, or let it be a candidate";
      resolution.error("DSP_SCENARIO_CONFLICT", [...path, "status"], message, hint);
    }
    if (status === "candidate" && isOne) {
      const message = `the site stands in ${country}, where its owner \`${owner}\` may not invest, so it is never opened`;
      const hint = "give it another owner, or add the country to the owner's `countries`";
      resolution.warn("DSP_SCENARIO_CONFLICT", path, message, hint);
    }
    // What stands there already stays; nothing new is opened.
    return status === "existing" ? status : "forbidden";
  };
}
