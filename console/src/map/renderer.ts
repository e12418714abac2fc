/**
 * Keeps two canvases up to date. The lower one holds the map; while the reader moves it, a bitmap of the last full paint
 * is moved and scaled (with one of the whole world beneath it), and the map is painted anew when it rests. Where a full
 * paint is quick enough for every frame, it is simply painted. The upper canvas holds what changes often: the chosen
 * site, its flows and the pulses of live requests.
 */
import type { PlaneFlow } from "../model/flow-arcs.ts";
import { fitCamera, type Camera, type Size } from "./camera.ts";
import type { Palette } from "./palette.ts";
import { paintArcs, paintBackdrop, paintRing, paintScene, type Backdrop } from "./paint.ts";
import type { PaintInput } from "./canvas.ts";
import { paintPulses, pulseLimit, type Pulse } from "./pulses.ts";
import type { Scene, SiteMark } from "./scene.ts";

export interface MapContent {
  readonly backdrop: Backdrop;
  readonly scene: Scene;
  readonly palette: Palette;
}

export interface Highlight {
  readonly selected: SiteMark | null;
  readonly hovered: SiteMark | null;
  /** Flows of the selected or else the hovered site. */
  readonly arcs: readonly PlaneFlow[];
  /** Fades all other flows. This repaints the map, so it is not for what changes with every move of the pointer. */
  readonly dim: boolean;
}

export interface MapRenderer {
  readonly setContent: (content: MapContent) => void;
  readonly setView: (camera: Camera, size: Size) => void;
  readonly setHighlight: (highlight: Highlight) => void;
  readonly addPulse: (pulse: Pulse) => void;
  readonly destroy: () => void;
}

/** A full paint up to this long fits into every frame of a 60 Hz screen. */
const framePaintMs = 9;
/** The map counts as resting this long after its last move. */
const restMs = 140;
/** The bitmap reaches this much beyond the screen on each side, so that a short drag shows no empty edge. */
const overscan = 0.25;
/** The bitmap of the whole world, CSS pixels. */
const worldSize: Size = { width: 1400, height: 700 };
const noPadding = { top: 0, right: 0, bottom: 0, left: 0 };

interface Bitmap {
  readonly canvas: HTMLCanvasElement;
  readonly camera: Camera;
  readonly size: Size;
}

export function createMapRenderer(base: HTMLCanvasElement, overlay: HTMLCanvasElement): MapRenderer {
  const baseContext = base.getContext("2d", { alpha: false })!;
  const overlayContext = overlay.getContext("2d")!;
  const bitmapCanvas = document.createElement("canvas");
  const worldCanvas = document.createElement("canvas");
  let content: MapContent | null = null;
  let view: { camera: Camera; size: Size } | null = null;
  let highlight: Highlight = { selected: null, hovered: null, arcs: [], dim: false };
  let pulses: Pulse[] = [];
  let bitmap: Bitmap | null = null;
  let world: Bitmap | null = null;
  let paintMs = 0;
  let baseDirty = false;
  let overlayDirty = false;
  let movedAtMs = Number.NEGATIVE_INFINITY;
  let frame = 0;

  const request = (): void => {
    frame ||= requestAnimationFrame(draw);
  };

  function fullPaint(canvas: HTMLCanvasElement, view: Omit<PaintInput, "palette">): Bitmap {
    const { camera, size, pixelRatio } = view;
    canvas.width = Math.round(size.width * pixelRatio);
    canvas.height = Math.round(size.height * pixelRatio);
    const context = canvas.getContext("2d", { alpha: false })!;
    const input = { ...view, palette: content!.palette };
    paintBackdrop(context, input, content!.backdrop);
    paintScene(context, input, content!.scene, highlight.dim);
    return { canvas, camera, size };
  }

  function blit(source: Bitmap): void {
    const { camera, size } = view!;
    const scale = camera.zoom / source.camera.zoom;
    const width = source.size.width * scale;
    const height = source.size.height * scale;
    const x = size.width / 2 + (source.camera.x - camera.x) * camera.zoom - width / 2;
    const y = size.height / 2 + (source.camera.y - camera.y) * camera.zoom - height / 2;
    baseContext.drawImage(source.canvas, x, y, width, height);
  }

  function drawBase(nowMs: number): void {
    const { camera, size } = view!;
    const moving = nowMs - movedAtMs < restMs;
    if (!moving || paintMs < framePaintMs || !bitmap) {
      const started = performance.now();
      const margin = { x: size.width * overscan, y: size.height * overscan };
      const wide = { width: size.width + 2 * margin.x, height: size.height + 2 * margin.y };
      bitmap = fullPaint(bitmapCanvas, { camera, size: wide, pixelRatio: devicePixelRatio, margin });
      paintMs = performance.now() - started;
      baseDirty = false;
    } else {
      world ??= fullPaint(worldCanvas, {
        camera: fitCamera(null, worldSize, noPadding),
        size: worldSize,
        pixelRatio: 1,
        margin: { x: 0, y: 0 },
      });
      baseDirty = true;
    }
    baseContext.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    if (moving && paintMs >= framePaintMs && world) {
      baseContext.fillStyle = content!.palette.sea;
      baseContext.fillRect(0, 0, size.width, size.height);
      blit(world);
    }
    blit(bitmap);
  }

  function drawOverlay(nowMs: number): void {
    const { camera, size } = view!;
    const paint: PaintInput = {
      camera,
      size,
      pixelRatio: devicePixelRatio,
      margin: { x: 0, y: 0 },
      palette: content!.palette,
    };
    overlayContext.setTransform(1, 0, 0, 1, 0, 0);
    overlayContext.clearRect(0, 0, overlay.width, overlay.height);
    if (highlight.arcs.length > 0) paintArcs(overlayContext, paint, highlight.arcs, 0.9);
    pulses = paintPulses(overlayContext, paint, pulses, nowMs);
    if (highlight.hovered && highlight.hovered !== highlight.selected) {
      paintRing(overlayContext, paint, highlight.hovered, false);
    }
    if (highlight.selected) paintRing(overlayContext, paint, highlight.selected, true);
    overlayDirty = false;
  }

  function draw(nowMs: number): void {
    frame = 0;
    if (!content || !view) return;
    if (baseDirty) drawBase(nowMs);
    if (overlayDirty || pulses.length > 0) drawOverlay(nowMs);
    if (baseDirty || pulses.length > 0) request();
  }

  function resize(size: Size): void {
    for (const canvas of [base, overlay]) {
      const width = Math.round(size.width * devicePixelRatio);
      const height = Math.round(size.height * devicePixelRatio);
      if (canvas.width !== width) canvas.width = width;
      if (canvas.height !== height) canvas.height = height;
    }
  }

  return {
    setContent(next) {
      content = next;
      world = null;
      bitmap = null;
      baseDirty = overlayDirty = true;
      request();
    },
    setView(camera, size) {
      if (view && (view.camera !== camera || view.size !== size)) movedAtMs = performance.now();
      view = { camera, size };
      resize(size);
      baseDirty = overlayDirty = true;
      request();
    },
    setHighlight(next) {
      if (next.dim !== highlight.dim) baseDirty = true;
      highlight = next;
      overlayDirty = true;
      request();
    },
    addPulse(pulse) {
      if (pulses.length >= pulseLimit) pulses.shift();
      pulses.push(pulse);
      request();
    },
    destroy() {
      cancelAnimationFrame(frame);
    },
  };
}
