/** The curve of a flow: a quadratic one that always bends to its left, so that the direction can be read off it. */
import type { PlanePoint } from "./projection.ts";

const bend = 0.16;

export function controlPoint(fromX: number, fromY: number, toX: number, toY: number): PlanePoint {
  return {
    x: (fromX + toX) / 2 + (toY - fromY) * bend,
    y: (fromY + toY) / 2 - (toX - fromX) * bend,
  };
}

/** Point at share `t` of the curve. */
export function curvePoint(fromX: number, fromY: number, toX: number, toY: number, t: number): PlanePoint {
  const control = controlPoint(fromX, fromY, toX, toY);
  const rest = 1 - t;
  return {
    x: rest * rest * fromX + 2 * rest * t * control.x + t * t * toX,
    y: rest * rest * fromY + 2 * rest * t * control.y + t * t * toY,
  };
}

/** A flow that crosses the cut of the map would be drawn around the wrong side of the globe. */
export function crossesCut(fromX: number, toX: number, planeWidth: number): boolean {
  return Math.abs(fromX - toX) > planeWidth / 2;
}
