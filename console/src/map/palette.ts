/** Colours of the canvas, read from the page's style sheet so that map and page never disagree. */
import type { Tier } from "../../../src/catalog/index.ts";

export interface Palette {
  readonly sea: string;
  readonly land: string;
  readonly coast: string;
  readonly border: string;
  readonly grid: string;
  readonly area: string;
  readonly areaUnserved: string;
  readonly candidate: string;
  readonly halo: string;
  readonly text: string;
  readonly missed: string;
  readonly font: string;
  readonly tier: Readonly<Record<Tier, string>>;
}

export function readPalette(element: Element): Palette {
  const style = getComputedStyle(element);
  const read = (name: string) => style.getPropertyValue(name).trim();
  return {
    sea: read("--map-sea"),
    land: read("--map-land"),
    coast: read("--map-coast"),
    border: read("--map-border"),
    grid: read("--map-grid"),
    area: read("--map-area"),
    areaUnserved: read("--map-area-unserved"),
    candidate: read("--map-candidate"),
    halo: read("--map-halo"),
    text: read("--text"),
    missed: read("--bad"),
    font: style.fontFamily,
    tier: { core: read("--tier-core"), regional: read("--tier-regional"), edge: read("--tier-edge") },
  };
}
