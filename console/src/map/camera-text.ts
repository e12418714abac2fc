import { clampCamera, type Camera } from "./camera.ts";
import { toGeographic, toPlane } from "./projection.ts";

/** `longitude,latitude,zoom` for the URL: readable, and independent of the projection's plane. */
export function formatCamera(camera: Camera): string | null {
  const at = toGeographic(camera.x, camera.y);
  return at && `${at.longitude.toFixed(2)},${at.latitude.toFixed(2)},${camera.zoom.toPrecision(4)}`;
}

/** Null for anything that is not a position on the globe with a zoom. */
export function parseCamera(text: string | null): Camera | null {
  const parts = (text ?? "").split(",").map(Number);
  const [longitude, latitude, zoom] = parts;
  if (parts.length !== 3 || parts.some((part) => !Number.isFinite(part)) || !(zoom! > 0)) return null;
  if (Math.abs(longitude!) > 180 || Math.abs(latitude!) > 90) return null;
  return clampCamera({ ...toPlane(longitude!, latitude!), zoom: zoom! });
}
