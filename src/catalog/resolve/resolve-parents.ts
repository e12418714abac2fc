import type { Resolution, ScenarioPath } from "./resolution.ts";
import { unknownName } from "./resolve-reference.ts";
import { tiers, type Site } from "../world/world-places.ts";

/**
 * Gives every site the parent its entry names; a site with a link to a parent (`backhaul`, `backhaulPrice`) that names none
 * hangs on the nearest site of a higher tier.
 */
export function hangOnParents(
  resolution: Resolution,
  sites: readonly Site[],
  named: ReadonlyMap<number, { readonly id: string; readonly path: ScenarioPath }>,
): readonly Site[] {
  const hasLink = (site: Site): boolean => site.backhaulGbps !== undefined || (site.backhaulUsdPerGbpsYear ?? 0) > 0;
  if (named.size === 0 && !sites.some(hasLink)) return sites;
  const positions = new Map(sites.map((site, index) => [site.id, index]));
  const byTier = tiers.map((tier) => [...sites.keys()].filter((index) => sites[index]!.tier === tier));
  const hung = sites.map((site, index): Site => {
    const wish = named.get(index);
    if (wish === undefined) {
      const parent = hasLink(site) ? nearestAbove(sites, byTier, index) : -1;
      return parent < 0 ? site : { ...site, parent };
    }
    const parent = positions.get(wish.id);
    if (parent === undefined) {
      unknownName(resolution, wish.path, "site", wish.id, [...positions.keys()]);
      return site;
    }
    return { ...site, parent, needsParent: true };
  });
  let isCircular = false;
  for (const [index, { path }] of named) {
    const seen = new Set<number>();
    let at: number | undefined = index;
    while (at !== undefined && !seen.has(at)) {
      seen.add(at);
      at = hung[at]!.needsParent ? hung[at]!.parent : undefined;
    }
    if (at !== index) continue;
    const message = `\`${sites[index]!.id}\` hangs on itself, through its parents`;
    resolution.error("DSP_SCENARIO_CONFLICT", path, message, "let one of them have no `parent`");
    isCircular = true;
  }
  if (isCircular) return hung;
  for (const index of named.keys()) openParent(resolution, hung, named, index);
  return hung;
}

/** A forced site needs an open parent, which in turn may hang on another. One that stands already gets along as it did. */
function openParent(
  resolution: Resolution,
  hung: Site[],
  named: ReadonlyMap<number, { readonly path: ScenarioPath }>,
  index: number,
): void {
  const { id, tier, status, parent: above } = hung[index]!;
  const path = named.get(index)?.path;
  if (path === undefined || above === undefined) return;
  const parent = hung[above]!;
  if (tiers.indexOf(parent.tier) > tiers.indexOf(tier)) {
    const message = `\`${id}\`, a ${tier} site, hangs on \`${parent.id}\`, which is ${parent.tier}`;
    resolution.warn("DSP_SCENARIO_CONFLICT", path, message, "turn the two around, if that is not meant");
  }
  if (status !== "forced" || parent.status === "forced") return;
  const must = `\`${id}\` is forced open and hangs on \`${parent.id}\``;
  if (parent.status === "forbidden" || parent.closedFromPeriod !== undefined) {
    const state = parent.status === "forbidden" ? "may not be opened" : "has to be closed";
    const hint = "give it another parent, or let it be a candidate";
    resolution.error("DSP_SCENARIO_CONFLICT", path, `${must}, which ${state}`, hint);
  } else if (parent.status === "candidate") {
    resolution.warn("DSP_SCENARIO_CONFLICT", path, `${must}, so that is opened too`, "write `status: forced` there");
    hung[above] = { ...parent, status: "forced" };
    openParent(resolution, hung, named, above);
  } else if (parent.closingCostUsd !== undefined) {
    const { closingCostUsd: _stays, ...open } = parent;
    resolution.warn("DSP_SCENARIO_CONFLICT", path, `${must}, so that stays open too`, "leave its `closingCost` out");
    hung[above] = open;
  }
}

/** The nearest site of any higher tier; -1 when there is none. Chord length orders like distance. */
function nearestAbove(sites: readonly Site[], byTier: readonly (readonly number[])[], index: number): number {
  const site = sites[index]!;
  const from = vectorOf(site);
  let nearest = -1;
  let least = Infinity;
  for (const candidates of byTier.slice(0, tiers.indexOf(site.tier))) {
    for (const candidate of candidates) {
      const to = vectorOf(sites[candidate]!);
      const chord = (from[0] - to[0]) ** 2 + (from[1] - to[1]) ** 2 + (from[2] - to[2]) ** 2;
      if (chord < least) {
        least = chord;
        nearest = candidate;
      }
    }
  }
  return nearest;
}

function vectorOf({ latitude, longitude }: Site): readonly [number, number, number] {
  const [north, east] = [(latitude * Math.PI) / 180, (longitude * Math.PI) / 180];
  return [Math.cos(north) * Math.cos(east), Math.cos(north) * Math.sin(east), Math.sin(north)];
}
