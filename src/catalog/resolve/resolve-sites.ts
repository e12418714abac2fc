import type { SiteEntry } from "../../scenario/index.ts";
import { metros } from "../fact/metros.ts";
import type { Resolution, ScenarioPath } from "./resolution.ts";
import { checkCountry } from "./resolve-reference.ts";
import { siteTermsOf } from "./resolve-site-terms.ts";
import { findCity, selectCities, selectPlaces } from "./select-cities.ts";
import { hangOnParents } from "./resolve-parents.ts";
import { closingOf, placesOfOwner } from "./resolve-site-state.ts";
import type { ServerModule } from "../world/world-engines.ts";
import type { Owner, Site } from "../world/world-places.ts";
import type { Period } from "../world/world.ts";

type InlineSite = Extract<SiteEntry, { form: "inline" }>;
type SelectedSites = Extract<SiteEntry, { form: "select" }>;

interface Coordinates {
  readonly latitude: number;
  readonly longitude: number;
}

function coordinatesOf(resolution: Resolution, path: ScenarioPath, entry: InlineSite): Coordinates | null {
  const { latitude, longitude, city } = entry;
  if (latitude !== null && longitude !== null) return { latitude, longitude };
  // A site with neither is refused when the scenario is parsed.
  return city === null ? null : findCity(resolution, [...path, "city"], entry.country, city);
}

/** Position of an owner; the first one when none is named. Unknown names are refused when the scenario is parsed. */
function ownerOf(owners: readonly Owner[], id: string | null): number {
  return Math.max(
    0,
    owners.findIndex((owner) => owner.id === id),
  );
}

function selectedPlaces(resolution: Resolution, path: ScenarioPath, { select }: SelectedSites) {
  const { cities, cloudRegions } = select;
  if (cities !== null) return selectCities(resolution, [...path, "select", "cities"], cities);
  // Exactly one of the two is there; anything else is refused when the scenario is parsed.
  return cloudRegions === null
    ? []
    : selectPlaces(resolution, [...path, "select", "cloudRegions"], cloudRegions, metros);
}

/**
 * Sites one by one and from selectors. A selected site's id is its tier and the place's id, for example `edge-paris-fr`,
 * so one city may hold sites of several tiers.
 */
export function resolveSites(
  resolution: Resolution,
  owners: readonly Owner[],
  modules: readonly ServerModule[],
  periods: readonly Period[],
): readonly Site[] {
  const sites: Site[] = [];
  const parents = new Map<number, { readonly id: string; readonly path: ScenarioPath }>();
  const taken = new Set<string>();
  for (const [index, entry] of resolution.scenario.sites.entries()) {
    const path: ScenarioPath = ["sites", index];
    const { tier } = entry;
    const closing = closingOf(resolution, path, entry, periods);
    const owner = ownerOf(owners, entry.owner ?? resolution.scenario.tiers[tier].owner);
    const termsOf = siteTermsOf(resolution, path, tier, entry);
    const statusIn = placesOfOwner(resolution, path, owners[owner]!.id, entry);
    const hangs = (): void => {
      if (entry.parent !== null) parents.set(sites.length - 1, { id: entry.parent, path: [...path, "parent"] });
    };
    if (entry.form === "select") {
      let doubles = 0;
      for (const place of selectedPlaces(resolution, path, entry)) {
        const id = `${tier}-${place.id}`;
        if (taken.has(id)) {
          doubles++;
          continue;
        }
        taken.add(id);
        const { name, country, latitude, longitude } = place;
        const status = statusIn(country);
        const terms = { ...termsOf(country), status, installed: [], ...closing };
        sites.push({ id, name, tier, country, latitude, longitude, owner, ...terms });
        hangs();
      }
      if (doubles > 0) {
        const message = `${doubles} of the selected places are ${tier} sites already; each counts once`;
        resolution.warn("DSP_SCENARIO_DUPLICATE_ID", path, message, "narrow one of the selections");
      }
      continue;
    }
    if (taken.has(entry.id)) {
      const message = `\`${entry.id}\` is the id of a selected site already`;
      resolution.error("DSP_SCENARIO_DUPLICATE_ID", [...path, "id"], message, "give the site another id");
      continue;
    }
    taken.add(entry.id);
    if (!checkCountry(resolution, [...path, "country"], entry.country)) continue;
    const coordinates = coordinatesOf(resolution, path, entry);
    if (!coordinates) continue;
    const installed = Object.entries(entry.installed)
      .map(([id, count]) => ({ module: modules.findIndex((module) => module.id === id), count }))
      // An unknown module was reported where modules were resolved.
      .filter(({ module, count }) => module >= 0 && count > 0)
      .toSorted((a, b) => a.module - b.module);
    sites.push({
      id: entry.id,
      name: entry.name ?? entry.city ?? entry.id,
      tier,
      country: entry.country,
      latitude: coordinates.latitude,
      longitude: coordinates.longitude,
      owner,
      ...termsOf(entry.country),
      status: statusIn(entry.country),
      installed,
      ...closing,
    });
    hangs();
  }
  return hangOnParents(resolution, sites, parents);
}
