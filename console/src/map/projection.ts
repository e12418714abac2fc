/**
 * The plane of the map: Equal Earth, 1000 units wide. Everything is projected once; panning and zooming are affine from
 * there on. The cut runs through the Bering Strait (169° W), where it crosses no inhabited land.
 */
import { geoEqualEarth, geoPath, type GeoPath } from "d3-geo";

export const planeWidth = 1000;
/** Half the width of Equal Earth at scale 1. */
const halfWidthAtUnitScale = 2.7066;

const projection = geoEqualEarth()
  .rotate([-11, 0])
  .translate([0, 0])
  .scale(planeWidth / 2 / halfWidthAtUnitScale)
  .precision(0.02);

export interface PlanePoint {
  readonly x: number;
  readonly y: number;
}

export function toPlane(longitude: number, latitude: number): PlanePoint {
  const point = projection([longitude, latitude]);
  // Equal Earth is defined for every point of the globe; null could come from a projection with a clip angle only.
  return point ? { x: point[0], y: point[1] } : { x: 0, y: 0 };
}

export function toGeographic(x: number, y: number): { longitude: number; latitude: number } | null {
  const point = projection.invert?.([x, y]);
  return point && Number.isFinite(point[0]) && Number.isFinite(point[1])
    ? { longitude: point[0], latitude: point[1] }
    : null;
}

/** Adds GeoJSON to a path in plane units, cut at the antimeridian of the projection. */
export function planePath(context: Path2D): GeoPath {
  return geoPath(projection, {
    beginPath() {},
    moveTo: (x, y) => context.moveTo(x, y),
    lineTo: (x, y) => context.lineTo(x, y),
    arc: (x, y, radius, start, end) => context.arc(x, y, radius, start, end),
    closePath: () => context.closePath(),
  });
}

/** The shortest way over the globe between two plane points, cut where the map is. */
export function geodesic(fromX: number, fromY: number, toX: number, toY: number): Path2D {
  const path = new Path2D();
  const ends = [toGeographic(fromX, fromY), toGeographic(toX, toY)];
  const coordinates = ends.flatMap((end) => (end ? [[end.longitude, end.latitude]] : []));
  planePath(path)({ type: "LineString", coordinates });
  return path;
}
