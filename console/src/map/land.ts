/** Coasts and borders (Natural Earth through world-atlas), as paths in plane coordinates. */
import { geoGraticule } from "d3-geo";
import { feature, mesh } from "topojson-client";
import type { GeometryCollection, Topology } from "topojson-specification";
import coarseUrl from "world-atlas/countries-110m.json?url";
import fineUrl from "world-atlas/countries-50m.json?url";
import { planePath } from "./projection.ts";

export interface Land {
  readonly detail: "coarse" | "fine";
  readonly land: Path2D;
  readonly borders: Path2D;
}

type Countries = Topology<{ countries: GeometryCollection; land: GeometryCollection }>;

/** Loads one level of detail: `coarse` is 1:110 million (38 kB), `fine` 1:50 million (240 kB). */
export async function loadLand(detail: Land["detail"], signal: AbortSignal): Promise<Land> {
  const response = await fetch(detail === "coarse" ? coarseUrl : fineUrl, { signal });
  if (!response.ok) throw new Error(`The outlines of land answered ${response.status}.`);
  const topology: Countries = await response.json();
  const land = new Path2D();
  planePath(land)(feature(topology, topology.objects.land));
  const borders = new Path2D();
  planePath(borders)(mesh(topology, topology.objects.countries, (a, b) => a !== b));
  return { detail, land, borders };
}

/** The outline of the globe and its ten-degree grid. */
export function globePaths(): { readonly sphere: Path2D; readonly grid: Path2D } {
  const sphere = new Path2D();
  planePath(sphere)({ type: "Sphere" });
  const grid = new Path2D();
  planePath(grid)(geoGraticule().step([10, 10])());
  return { sphere, grid };
}
