import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatCamera, parseCamera } from "./camera-text.ts";
import { fitCamera, panBy, toPlanePoint, toScreen, zoomAt, type Camera } from "./camera.ts";
import { toGeographic, toPlane } from "./projection.ts";

const size = { width: 900, height: 600 };
const padding = { top: 40, right: 30, bottom: 20, left: 10 };
const camera: fc.Arbitrary<Camera> = fc.record({
  x: fc.double({ min: -300, max: 300, noNaN: true }),
  y: fc.double({ min: -150, max: 150, noNaN: true }),
  zoom: fc.double({ min: 4, max: 60, noNaN: true }),
});
const pixel = fc.record({ x: fc.integer({ min: 0, max: 900 }), y: fc.integer({ min: 0, max: 600 }) });

describe("the camera of the map", () => {
  it("keeps what lies under the pointer where it is while zooming", () => {
    fc.assert(
      fc.property(camera, pixel, fc.double({ min: 0.8, max: 1.6, noNaN: true }), (before, at, factor) => {
        const under = toPlanePoint(before, size, at.x, at.y);
        const after = toScreen(zoomAt(before, size, at.x, at.y, factor), size, under);
        expect(after.x).toBeCloseTo(at.x, 3);
        expect(after.y).toBeCloseTo(at.y, 3);
      }),
    );
  });

  it("moves the map by as many pixels as it was dragged", () => {
    fc.assert(
      fc.property(camera, (before) => {
        const point = { x: before.x, y: before.y };
        const after = toScreen(panBy(before, 17, -9), size, point);
        expect(after.x).toBeCloseTo(size.width / 2 + 17, 3);
        expect(after.y).toBeCloseTo(size.height / 2 - 9, 3);
      }),
    );
  });

  it("fits bounds inside of the padding", () => {
    const bounds = { minX: 10, minY: -40, maxX: 90, maxY: 20 };
    const fitted = fitCamera(bounds, size, padding);
    const topLeft = toScreen(fitted, size, { x: bounds.minX, y: bounds.minY });
    const bottomRight = toScreen(fitted, size, { x: bounds.maxX, y: bounds.maxY });
    expect(topLeft.x).toBeGreaterThanOrEqual(padding.left - 1e-6);
    expect(topLeft.y).toBeGreaterThanOrEqual(padding.top - 1e-6);
    expect(bottomRight.x).toBeLessThanOrEqual(size.width - padding.right + 1e-6);
    expect(bottomRight.y).toBeLessThanOrEqual(size.height - padding.bottom + 1e-6);
  });

  it("reads back the place it wrote into the address, and refuses anything else", () => {
    const before: Camera = { ...toPlane(8.7, 50.1), zoom: 12.5 };
    const after = parseCamera(formatCamera(before))!;
    expect(after.x).toBeCloseTo(before.x, 1);
    expect(after.y).toBeCloseTo(before.y, 1);
    expect(after.zoom).toBe(12.5);
    for (const text of [null, "", "1,2", "a,b,c", "1,2,0", "200,0,4", "0,0,NaN"]) expect(parseCamera(text)).toBeNull();
  });

  it("finds its way back from the plane to the globe", () => {
    fc.assert(
      fc.property(fc.integer({ min: -168, max: 179 }), fc.integer({ min: -80, max: 80 }), (longitude, latitude) => {
        const plane = toPlane(longitude, latitude);
        const back = toGeographic(plane.x, plane.y)!;
        expect(back.longitude).toBeCloseTo(longitude, 4);
        expect(back.latitude).toBeCloseTo(latitude, 4);
      }),
    );
  });
});
