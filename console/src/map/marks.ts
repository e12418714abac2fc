/** The marks of sites: a shape per tier, so that colour is never the only sign. */
import type { Tier } from "../../../src/catalog/index.ts";

/** Adds the outline of a tier's mark around (x, y); `radius` is that of the circle with the same area. */
export function traceMark(path: CanvasPath, tier: Tier, x: number, y: number, radius: number): void {
  if (tier === "edge") {
    path.moveTo(x + radius, y);
    path.arc(x, y, radius, 0, 2 * Math.PI);
    return;
  }
  if (tier === "regional") {
    const reach = radius * Math.sqrt(Math.PI / 2);
    path.moveTo(x, y - reach);
    path.lineTo(x + reach, y);
    path.lineTo(x, y + reach);
    path.lineTo(x - reach, y);
    path.closePath();
    return;
  }
  const half = (radius * Math.sqrt(Math.PI)) / 2;
  path.rect(x - half, y - half, 2 * half, 2 * half);
}

/** Radius of an open site's mark in CSS pixels; the area grows with the load, between limits that stay legible. */
export function markRadius(tier: Tier, load: number, largestLoad: number): number {
  const floor = tier === "core" ? 6.5 : tier === "regional" ? 5 : 3.5;
  const span = tier === "core" ? 6 : tier === "regional" ? 6 : 4;
  return floor + span * Math.sqrt(largestLoad > 0 ? Math.min(1, load / largestLoad) : 0);
}
