import { checkCallers } from "./check-callers.ts";
import { checkRepeats } from "./check-repeats.ts";
import { nearest } from "./nearest.ts";
import { maxCollected, problem, type Place, type Problem } from "./problem.ts";
import type { ErrorCode } from "./error-registry.ts";
import type { Scenario, SiteEntry, TierTerms, WorkloadEntry } from "./spec.ts";

type Path = readonly (string | number)[];
type Locate = (path: Path) => Place;
/** Notes a problem. A hint that takes a search is given as a function, which is not called once there are enough. */
type Report = (code: ErrorCode, path: Path, message: string, hint: string | (() => string)) => void;

/** Largest deviation of a sum of shares from 100 %: what rounding to a tenth of a percent leaves. */
const shareTolerance = 0.002;

/** Checks that need more than one value at a time and no catalogue: sums, references, contradictions. */
export function crossCheck(scenario: Scenario, locate: Locate): Problem[] {
  const problems: Problem[] = [];
  const report: Report = (code, path, message, hint) => {
    if (problems.length >= maxCollected) return;
    problems.push(problem(code, locate(path), message, typeof hint === "string" ? hint : hint()));
  };
  checkPresence(scenario, report);
  problems.push(...checkRepeats(scenario, locate));
  for (const [id, workload] of Object.entries(scenario.workloads)) checkWorkload(id, workload, scenario, report);
  checkCallers(scenario, shareTolerance, report);
  checkAreas(scenario, report);
  checkDemand(scenario, report);
  checkSites(scenario, report);
  checkShares(scenario, report);
  checkRest(scenario, report);
  return problems;
}

function checkPresence(scenario: Scenario, report: Report): void {
  const hasWorkloads = Object.keys(scenario.workloads).length > 0;
  if (!hasWorkloads && scenario.training.length === 0) {
    report(
      "DSP_SCENARIO_MISSING_KEY",
      [],
      "the scenario asks for nothing: there are no workloads and no training",
      "add a section `workloads`; `disperse init` writes an example",
    );
  }
  if (hasWorkloads && scenario.areas.length === 0) {
    report(
      "DSP_SCENARIO_MISSING_KEY",
      ["areas"],
      "there are workloads but no areas with users",
      "add `areas: [{ select: { cities: { continents: [EU] } } }]`",
    );
  }
  if (scenario.sites.length === 0) {
    report(
      "DSP_SCENARIO_MISSING_KEY",
      ["sites"],
      "there are no sites",
      "add `sites: [{ select: { cloudRegions: {} }, tier: core }]`",
    );
  }
}

/**
 * Smaller shares of one server are less than what solvers take for rounding, a millionth: they have them for nothing, where prices find
 * that nobody may be served without something that counts.
 */
const leastOfShares = 1e-3;

/** Least shares that leave each other no room: nobody can hold more than all of something. */
function checkShares({ limits: { shares } }: Scenario, report: Report): void {
  for (const [index, share] of shares.entries()) {
    const path = ["limits", "shares", index];
    if (share.owners.length === 0 && share.countries.length === 0) {
      const message = `nothing says what counts towards \`${share.id}\``;
      report("DSP_SCENARIO_MISSING_KEY", path, message, "add `owners: [state]` or `countries: [SA]`");
    }
    if (share.least > 0 && share.least < leastOfShares) {
      const message = `${Number((share.least * 100).toPrecision(6))} % of what is built cannot be told from nothing`;
      const hint = "ask for 0.1 % or more, or leave the rule out; `status: forced` keeps a site open";
      report("DSP_SCENARIO_OUT_OF_RANGE", [...path, "least"], message, hint);
    }
    for (const other of shares.slice(0, index)) {
      const sameMeasure = other.of === share.of && JSON.stringify(other.within) === JSON.stringify(share.within);
      if (!sameMeasure || other.least + share.least <= 1 + 1e-9) continue;
      const apart = (a: readonly string[], b: readonly string[]): boolean =>
        a.length > 0 && b.length > 0 && !a.some((name) => b.includes(name));
      if (!apart(share.countries, other.countries) && !apart(share.owners, other.owners)) continue;
      const sum = Math.round((other.least + share.least) * 1000) / 10;
      const message = `\`${other.id}\` and \`${share.id}\` together ask for ${sum} % of the same`;
      report(
        "DSP_SCENARIO_CONFLICT",
        [...path, "least"],
        message,
        "lower one of them so that they sum to 100 % at most",
      );
    }
  }
}

function checkWorkload(id: string, workload: WorkloadEntry, scenario: Scenario, report: Report): void {
  const path = ["workloads", id];
  if (workload.access !== null) {
    const sum = Object.keys(workload.access)
      .toSorted()
      .reduce((total, key) => total + workload.access![key]!, 0);
    if (Math.abs(sum - 1) > shareTolerance) {
      const shown = `${Math.round(sum * 10_000) / 100} %`;
      report(
        "DSP_SCENARIO_SHARES",
        [...path, "access"],
        `the shares sum to ${shown}, not to 100 %`,
        "change them so that they sum to 100 %",
      );
    }
  }
  const { users, perUser, peak } = workload.demand;
  if (peak !== null && (users !== null || perUser !== null)) {
    report(
      "DSP_SCENARIO_CONFLICT",
      [...path, "demand", "peak"],
      "`peak` and `users` × `perUser` both say how much is asked for",
      "keep one of them",
    );
  } else if ((users === null) !== (perUser === null)) {
    const [present, missing] =
      users === null ? (["perUser", "users: 5 %"] as const) : (["users", "perUser: 20 req/day"] as const);
    report(
      "DSP_SCENARIO_MISSING_KEY",
      [...path, "demand", present],
      "`users` and `perUser` belong together",
      `add \`${missing}\``,
    );
  } else if (peak === null && users === null && !scenario.demand.some((row) => row.workload === id)) {
    report(
      "DSP_SCENARIO_MISSING_KEY",
      path,
      `nothing says how much of \`${id}\` is asked for`,
      "add `demand: { users: 5 %, perUser: 20 req/day }` or `demand: { peak: 1000 req/s }`, or rows in the section `demand`",
    );
  }
  if (workload.tiers.length === 0)
    report(
      "DSP_SCENARIO_WRONG_VALUE",
      [...path, "tiers"],
      "the workload may run in no tier",
      "write for example `tiers: [regional, edge]`",
    );
}

function checkDemand(scenario: Scenario, report: Report): void {
  const workloads = Object.keys(scenario.workloads);
  const areas = scenario.areas.flatMap((area) => (area.form === "inline" ? [area.id] : []));
  // Selected areas get their ids from the catalogue, which then does this check.
  const areasAreKnown = areas.length === scenario.areas.length;
  const known = new Set(areas);
  for (const [index, row] of scenario.demand.entries()) {
    const path = ["demand", index];
    if (!workloads.includes(row.workload)) unknown("workload", row.workload, workloads, [...path, "workload"], report);
    if (areasAreKnown && !known.has(row.area)) unknown("area", row.area, areas, [...path, "area"], report);
    if (row.mean?.some((mean, period) => mean > row.peak[period]!) === true) {
      report(
        "DSP_SCENARIO_CONFLICT",
        [...path, "mean"],
        "the mean is above the peak",
        "give the larger of the two as `peak`",
      );
    }
  }
}

function unknown(kind: string, name: string, known: readonly string[], path: Path, report: Report): void {
  report("DSP_SCENARIO_UNKNOWN_REFERENCE", path, `there is no ${kind} \`${name}\``, () => {
    const near = nearest(name, known);
    if (near !== null) return `did you mean \`${near}\`?`;
    return known.length === 0 ? `the scenario has no ${kind}s` : `known are: ${known.slice(0, 12).join(", ")}`;
  });
}

function checkSites(scenario: Scenario, report: Report): void {
  for (const [index, site] of scenario.sites.entries()) {
    checkTerms(site, ["sites", index], scenario, report);
    checkPlace(site, ["sites", index], report);
  }
  for (const tier of ["core", "regional", "edge"] as const)
    checkTerms(scenario.tiers[tier], ["tiers", tier], scenario, report);
}

function checkTerms(terms: TierTerms, path: Path, scenario: Scenario, report: Report): void {
  const owners = Object.keys(scenario.owners);
  if (terms.owner !== null && !owners.includes(terms.owner))
    unknown("owner", terms.owner, owners, [...path, "owner"], report);
  const prices = (["egressPrice", "transitPrice", "egressClass"] as const).filter((key) => terms[key] !== null);
  if (prices.length > 1)
    report(
      "DSP_SCENARIO_CONFLICT",
      [...path, prices[1]!],
      `${prices.map((key) => `\`${key}\``).join(" and ")} both price the same traffic`,
      "keep one of them",
    );
}

function checkPlace(site: SiteEntry, path: Path, report: Report): void {
  if (site.form === "select") {
    const chosen = [site.select.cities, site.select.cloudRegions].filter((item) => item !== null).length;
    if (chosen === 1) return;
    report(
      chosen === 0 ? "DSP_SCENARIO_MISSING_KEY" : "DSP_SCENARIO_CONFLICT",
      [...path, "select"],
      "a selection takes from `cities` or from `cloudRegions`",
      "keep exactly one of them",
    );
    return;
  }
  checkCoordinates(site, "the site", path, report);
}

interface Placed {
  readonly id: string;
  readonly city: string | null;
  readonly latitude: number | null;
  readonly longitude: number | null;
}

/** A place is a city of the catalogue or a pair of coordinates. */
function checkCoordinates(place: Placed, kind: string, path: Path, report: Report): void {
  const coordinates = [place.latitude, place.longitude].filter((item) => item !== null).length;
  if (coordinates === 1)
    report("DSP_SCENARIO_MISSING_KEY", path, "`latitude` and `longitude` belong together", "give both");
  else if (coordinates === 0 && place.city === null)
    report(
      "DSP_SCENARIO_MISSING_KEY",
      path,
      `nothing says where \`${place.id}\` is`,
      "add `city: Frankfurt am Main`, or `latitude` and `longitude`",
    );
  else if (coordinates === 2 && place.city !== null)
    report(
      "DSP_SCENARIO_CONFLICT",
      [...path, "city"],
      `\`city\` and coordinates both say where ${kind} is`,
      "keep one of them",
    );
}

function checkAreas(scenario: Scenario, report: Report): void {
  for (const [index, area] of scenario.areas.entries()) {
    if (area.form === "select") continue;
    const path = ["areas", index];
    checkCoordinates(area, "the area", path, report);
    if (area.population === null && area.city === null)
      report(
        "DSP_SCENARIO_MISSING_KEY",
        path,
        `nothing says how many people live in \`${area.id}\``,
        "add `population: 3700000`, or name a `city` of the catalogue",
      );
  }
}

function checkRest(scenario: Scenario, report: Report): void {
  if ("USD" in scenario.exchangeRates)
    report("DSP_SCENARIO_CONFLICT", ["exchangeRates", "USD"], "USD is what rates are given in", "remove it");
  for (const [index, item] of scenario.training.entries()) {
    const isSeries = item.compute.some((value) => value !== item.compute[0]);
    if (isSeries && item.growth !== 0)
      report(
        "DSP_SCENARIO_CONFLICT",
        ["training", index, "growth"],
        "`growth` and one `compute` per period both say how training grows",
        "keep one of them",
      );
  }
  const futures = Object.values(scenario.futures);
  const likelihood = futures.reduce((sum, { probability }) => sum + probability, 0);
  if (futures.length > 0 && Math.abs(likelihood - 1) > shareTolerance)
    report(
      "DSP_SCENARIO_SHARES",
      ["futures"],
      `the probabilities of the futures sum to ${Math.round(likelihood * 10_000) / 100} %, not to 100 %`,
      "change them so that they sum to 100 %",
    );
  const sites = scenario.sites.flatMap((site) => (site.form === "inline" ? [site.id] : []));
  // Selected sites get their ids from the catalogue, which then does this check.
  const sitesAreKnown = sites.length === scenario.sites.length;
  for (const [index, zone] of scenario.limits.zones.entries()) {
    const path = ["limits", "zones", index];
    if (zone.sites.length === 0 && zone.countries.length === 0)
      report(
        "DSP_SCENARIO_MISSING_KEY",
        path,
        `the zone \`${zone.id}\` holds no sites`,
        "add `sites: [fra-1]` or `countries: [DE]`",
      );
    for (const [position, id] of zone.sites.entries()) {
      if (sitesAreKnown && !sites.includes(id)) unknown("site", id, sites, [...path, "sites", position], report);
    }
  }
}
