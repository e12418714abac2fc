/** Where the reader looks: the plane point in the middle of the screen and the zoom in CSS pixels per plane unit. */
import type { PlanePoint } from "./projection.ts";

export interface Camera extends PlanePoint {
  readonly zoom: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Bounds {
  readonly minX: number;
  readonly minY: number;
  readonly maxX: number;
  readonly maxY: number;
}

/** The whole plane is 1000 units wide; at 260 px per unit a street would be visible, and there is none. */
export const zoomRange = { min: 0.3, max: 260 } as const;
const planeBounds: Bounds = { minX: -500, minY: -245, maxX: 500, maxY: 245 };

export function boundsOf(points: Iterable<PlanePoint>): Bounds | null {
  let [minX, minY, maxX, maxY] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const { x, y } of points) {
    minX = Math.min(minX, x);
    maxX = Math.max(maxX, x);
    minY = Math.min(minY, y);
    maxY = Math.max(maxY, y);
  }
  return minX <= maxX ? { minX, minY, maxX, maxY } : null;
}

/** Pixels kept free on each side, for what floats over the map. */
export interface Padding {
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  readonly left: number;
}

/** The closest camera that shows all of `bounds` inside of the padding. */
export function fitCamera(bounds: Bounds | null, size: Size, padding: Padding): Camera {
  const { minX, minY, maxX, maxY } = bounds ?? planeBounds;
  const width = Math.max(size.width - padding.left - padding.right, 40);
  const height = Math.max(size.height - padding.top - padding.bottom, 40);
  const zoom = Math.min(width / Math.max(maxX - minX, 4), height / Math.max(maxY - minY, 4), zoomRange.max);
  return clampCamera({
    x: (minX + maxX) / 2 + (padding.right - padding.left) / 2 / zoom,
    y: (minY + maxY) / 2 + (padding.bottom - padding.top) / 2 / zoom,
    zoom,
  });
}

export function clampCamera(camera: Camera): Camera {
  return {
    x: Math.min(planeBounds.maxX, Math.max(planeBounds.minX, camera.x)),
    y: Math.min(planeBounds.maxY, Math.max(planeBounds.minY, camera.y)),
    zoom: Math.min(zoomRange.max, Math.max(zoomRange.min, camera.zoom)),
  };
}

/** Zooms by `factor`; the plane point under the screen point (x, y) stays where it is. */
export function zoomAt(camera: Camera, size: Size, x: number, y: number, factor: number): Camera {
  const zoom = Math.min(zoomRange.max, Math.max(zoomRange.min, camera.zoom * factor));
  const at = toPlanePoint(camera, size, x, y);
  return clampCamera({
    x: at.x - (x - size.width / 2) / zoom,
    y: at.y - (y - size.height / 2) / zoom,
    zoom,
  });
}

/** Moves the map by (dx, dy) CSS pixels. */
export function panBy(camera: Camera, dx: number, dy: number): Camera {
  return clampCamera({ x: camera.x - dx / camera.zoom, y: camera.y - dy / camera.zoom, zoom: camera.zoom });
}

export function toPlanePoint(camera: Camera, size: Size, x: number, y: number): PlanePoint {
  return { x: camera.x + (x - size.width / 2) / camera.zoom, y: camera.y + (y - size.height / 2) / camera.zoom };
}

export function toScreen(camera: Camera, size: Size, point: PlanePoint): PlanePoint {
  return {
    x: (point.x - camera.x) * camera.zoom + size.width / 2,
    y: (point.y - camera.y) * camera.zoom + size.height / 2,
  };
}
