/** Names of sites on the map: the weightiest first, each only where it covers nothing. */
import { toScreen } from "./camera.ts";
import type { Context, PaintInput } from "./canvas.ts";
import type { SiteMark } from "./scene.ts";

/** More names than this no longer help to find one's way. */
const labelLimit = 70;
const fontSize = 11.5;
const tierRank = { core: 0, regional: 1, edge: 2 };
/** From this zoom (px per plane unit) on, edge sites are named too; a country then fills the screen. */
const edgeZoom = 14;

interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export function paintLabels(
  context: Context,
  input: PaintInput,
  sites: readonly SiteMark[],
  radiusOf: (site: SiteMark) => number,
): void {
  const { camera, size, palette, pixelRatio, margin } = input;
  context.setTransform(pixelRatio, 0, 0, pixelRatio, 0, 0);
  context.font = `500 ${fontSize}px ${palette.font}`;
  context.textBaseline = "middle";
  context.lineJoin = "round";
  const inSight = sites
    .filter((site) => site.open)
    .map((site) => ({ site, at: toScreen(camera, size, site) }))
    .filter(({ at }) => at.x > 0 && at.y > 0 && at.x < size.width && at.y < size.height);
  const candidates = inSight
    .filter(({ site }) => site.tier !== "edge" || camera.zoom >= edgeZoom)
    .toSorted((a, b) => tierRank[a.site.tier] - tierRank[b.site.tier] || b.site.radius - a.site.radius);
  const taken: Box[] = inSight.map(({ site, at }) => {
    const radius = radiusOf(site);
    return { left: at.x - radius, top: at.y - radius, right: at.x + radius, bottom: at.y + radius };
  });
  let placed = 0;
  for (const { site, at } of candidates) {
    if (placed >= labelLimit) break;
    const gap = radiusOf(site) + 5;
    const width = context.measureText(site.name).width;
    for (const left of [at.x + gap, at.x - gap - width]) {
      const box = { left, top: at.y - fontSize * 0.6, right: left + width, bottom: at.y + fontSize * 0.6 };
      if (box.left < margin.x || box.right > size.width - margin.x) continue;
      if (taken.some((other) => overlap(box, other))) continue;
      taken.push(box);
      placed++;
      context.strokeStyle = palette.halo;
      context.lineWidth = 3;
      context.strokeText(site.name, left, at.y);
      context.fillStyle = palette.text;
      context.fillText(site.name, left, at.y);
      break;
    }
  }
}

function overlap(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}
