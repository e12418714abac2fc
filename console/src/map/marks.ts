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

/** So many marks of a tier keep their full size; more get smaller, so that thousands remain a pattern. */
const uncrowded = 600;

/**
 * Radius of an open site's mark in CSS pixels, among `count` open sites of the tier; the area grows with the load, between
 * limits that stay legible.
 */
export function markRadius(tier: Tier, load: number, largestLoad: number, count: number): number {
  const floor = tier === "core" ? 6.5 : tier === "regional" ? 5 : 3.5;
  const span = tier === "edge" ? 4 : 6;
  const crowded = Math.max(0.55, Math.min(1, Math.sqrt(uncrowded / Math.max(1, count))));
  return crowded * (floor + span * Math.sqrt(largestLoad > 0 ? Math.min(1, load / largestLoad) : 0));
}
