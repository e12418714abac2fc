import type { Camera, Size } from "./camera.ts";
import type { Palette } from "./palette.ts";

export type Context = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D;

/** What every stroke needs to know about the canvas that it goes onto. */
export interface PaintInput {
  readonly camera: Camera;
  readonly size: Size;
  readonly pixelRatio: number;
  /** What of `size` lies outside of the screen on each side, CSS pixels. */
  readonly margin: { readonly x: number; readonly y: number };
  readonly palette: Palette;
}
