/** Finds what lies under the pointer: sites before areas, open sites before candidates. */
import { toPlanePoint, type Camera, type Size } from "./camera.ts";
import type { AreaDot, Scene, SiteMark } from "./scene.ts";

export type Picked =
  | { readonly kind: "site"; readonly site: SiteMark }
  | { readonly kind: "area"; readonly area: AreaDot };

/** `reachPx` is how far a site may be from the pointer; areas must be twice as close. */
export function pick(scene: Scene, camera: Camera, size: Size, x: number, y: number, reachPx: number): Picked | null {
  const at = toPlanePoint(camera, size, x, y);
  const reach = reachPx / camera.zoom;
  const open = nearestOpen(scene, at.x, at.y, reach);
  if (open) return { kind: "site", site: open };
  const area = scene.areaTree.find(at.x, at.y, reach / 2);
  const site = scene.siteTree.find(at.x, at.y, reach / 2);
  if (site && (!area || distance(site, at) <= distance(area, at))) return { kind: "site", site };
  return area ? { kind: "area", area } : null;
}

function distance(a: { x: number; y: number }, b: { x: number; y: number }): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}

/** The quadtree knows only the nearest of all sites; candidates often stand where an open one does. */
function nearestOpen(scene: Scene, x: number, y: number, reach: number): SiteMark | null {
  let best: SiteMark | null = null;
  let bestDistance = reach;
  scene.siteTree.visit((node, x0, y0, x1, y1) => {
    if (x0 > x + reach || x1 < x - reach || y0 > y + reach || y1 < y - reach) return true;
    if (!("length" in node)) {
      for (let leaf: typeof node | undefined = node; leaf; leaf = leaf.next) {
        const site = leaf.data;
        const away = Math.hypot(site.x - x, site.y - y);
        if (site.open && away <= bestDistance) {
          best = site;
          bestDistance = away;
        }
      }
    }
    return false;
  });
  return best;
}
