/** What the map draws, in plane coordinates: made once per plan, land and filter. */
import { quadtree, type Quadtree } from "d3-quadtree";
import type { Tier } from "../../../src/catalog/index.ts";
import { sum, type Board, type FlowView } from "../model/board.ts";
import { aggregateFlows, type PlaneFlow } from "../model/flow-arcs.ts";
import { boundsOf, type Bounds } from "./camera.ts";
import { markRadius } from "./marks.ts";
import { toPlane } from "./projection.ts";

/** More arcs than this are a hairball, whatever draws them. */
const arcLimit = 300;

export interface SiteMark {
  readonly index: number;
  readonly name: string;
  readonly x: number;
  readonly y: number;
  readonly tier: Tier;
  readonly open: boolean;
  /** CSS pixels. */
  readonly radius: number;
}

export interface AreaDot {
  readonly index: number;
  readonly x: number;
  readonly y: number;
  readonly radius: number;
  /** True when more than half of its demand is left unserved. */
  readonly unserved: boolean;
}

export interface Scene {
  readonly sites: readonly SiteMark[];
  readonly areas: readonly AreaDot[];
  readonly arcs: readonly PlaneFlow[];
  readonly siteTree: Quadtree<SiteMark>;
  readonly areaTree: Quadtree<AreaDot>;
  /** Bounds of what the plan touches; null for an empty plan. */
  readonly bounds: Bounds | null;
}

export function buildScene(board: Board, workload: number | null): Scene {
  const { world } = board;
  const largest = board.openSites.reduce((most, view) => Math.max(most, view.peakPerS), 0);
  const sites = board.sites.map((view): SiteMark => ({
    index: view.index,
    name: view.site.name,
    ...toPlane(view.site.longitude, view.site.latitude),
    tier: view.site.tier,
    open: view.open,
    radius: view.open ? markRadius(view.site.tier, view.peakPerS, largest, board.openByTier[view.site.tier]) : 2,
  }));
  let largestArea = 0;
  for (const area of board.areas) largestArea = Math.max(largestArea, area.peakPerS);
  const areas = board.areas.map((view): AreaDot => {
    const area = world.areas[view.index]!;
    return {
      index: view.index,
      ...toPlane(area.longitude, area.latitude),
      radius: 1 + 7 * Math.sqrt(largestArea > 0 ? view.peakPerS / largestArea : 0),
      unserved: view.peakPerS > 0 && view.servedPerS < view.peakPerS / 2,
    };
  });
  const flows = workload === null ? board.flows : board.flows.filter((flow) => flow.workload === workload);
  const open = sites.filter((site) => site.open);
  return {
    sites,
    areas,
    arcs: aggregateFlows(planeFlows(flows, sites, areas), arcLimit),
    siteTree: quadtree<SiteMark>(
      [...sites.filter((site) => !site.open), ...open],
      (site) => site.x,
      (site) => site.y,
    ),
    areaTree: quadtree<AreaDot>(
      areas,
      (area) => area.x,
      (area) => area.y,
    ),
    bounds: boundsOf([...open, ...mostDemand(board, areas)]) ?? boundsOf(sites),
  };
}

/** Areas without the outlying ones that hold 1 % of the demand at most on each side: an island far out at sea would make
 * all else small. */
function mostDemand(board: Board, areas: readonly AreaDot[]): AreaDot[] {
  const total = sum(board.areas, (area) => area.peakPerS);
  const kept = new Set(areas);
  for (const side of [
    (area: AreaDot) => area.x,
    (area: AreaDot) => -area.x,
    (area: AreaDot) => area.y,
    (area: AreaDot) => -area.y,
  ]) {
    let left = 0.01 * total;
    for (const area of areas.toSorted((a, b) => side(a) - side(b))) {
      left -= board.areas[area.index]!.peakPerS;
      if (left < 0) break;
      kept.delete(area);
    }
  }
  return [...kept];
}

/** Arcs of one site, the heaviest when there are more than fit. */
export function siteArcs(board: Board, scene: Scene, site: number, workload: number | null): PlaneFlow[] {
  const flows = board.sites[site]!.flows.filter((flow) => workload === null || flow.workload === workload);
  return aggregateFlows(planeFlows(flows, scene.sites, scene.areas), arcLimit);
}

function planeFlows(flows: readonly FlowView[], sites: readonly SiteMark[], areas: readonly AreaDot[]): PlaneFlow[] {
  return flows.map((flow) => {
    const from = areas[flow.area]!;
    const to = sites[flow.site]!;
    return { fromX: from.x, fromY: from.y, toX: to.x, toY: to.y, tier: to.tier, weight: flow.peakPerS };
  });
}
