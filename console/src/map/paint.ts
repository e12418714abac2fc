/** Paints a scene onto a canvas. Nothing here keeps state; the renderer decides when and onto what. */
import type { Tier } from "../../../src/catalog/index.ts";
import type { PlaneFlow } from "../model/flow-arcs.ts";
import { controlPoint, crossesCut } from "./arc-curve.ts";
import type { Context, PaintInput } from "./canvas.ts";
import { paintLabels } from "./labels.ts";
import type { Land } from "./land.ts";
import { traceMark } from "./marks.ts";
import { geodesic, planeWidth } from "./projection.ts";
import type { AreaDot, Scene, SiteMark } from "./scene.ts";

export interface Backdrop {
  readonly sphere: Path2D;
  readonly grid: Path2D;
  readonly land: Land | null;
}

/** Sets the context to plane coordinates; returns the length of one CSS pixel there. */
function usePlane(context: Context, { camera, size, pixelRatio }: PaintInput): number {
  const scale = camera.zoom * pixelRatio;
  context.setTransform(
    scale,
    0,
    0,
    scale,
    (size.width / 2 - camera.x * camera.zoom) * pixelRatio,
    (size.height / 2 - camera.y * camera.zoom) * pixelRatio,
  );
  return 1 / camera.zoom;
}

function useScreen(context: Context, { pixelRatio }: PaintInput): void {
  context.setTransform(pixelRatio, 0, 0, pixelRatio, 0, 0);
}

export function paintBackdrop(context: Context, input: PaintInput, backdrop: Backdrop): void {
  const { palette, size } = input;
  useScreen(context, input);
  context.globalAlpha = 1;
  context.fillStyle = palette.sea;
  context.fillRect(0, 0, size.width, size.height);
  const pixel = usePlane(context, input);
  context.lineJoin = "round";
  context.strokeStyle = palette.grid;
  context.lineWidth = 0.6 * pixel;
  context.stroke(backdrop.grid);
  context.lineWidth = pixel;
  context.stroke(backdrop.sphere);
  if (!backdrop.land) return;
  context.fillStyle = palette.land;
  context.fill(backdrop.land.land);
  context.strokeStyle = palette.border;
  context.lineWidth = 0.7 * pixel;
  context.stroke(backdrop.land.borders);
  context.strokeStyle = palette.coast;
  context.lineWidth = 0.9 * pixel;
  context.stroke(backdrop.land.land);
}

/** `dim` fades the arcs while those of one site are shown on top. */
export function paintScene(context: Context, input: PaintInput, scene: Scene, dim: boolean): void {
  paintAreas(context, input, scene.areas);
  paintArcs(context, input, scene.arcs, dim ? 0.1 : 0.72);
  useScreen(context, input);
  paintSites(context, input, scene.sites);
  paintLabels(context, input, scene.sites, (site) => markRadiusAt(site, input.camera.zoom));
}

function onScreen(input: PaintInput, x: number, y: number, margin: number): { x: number; y: number } | null {
  const { camera, size } = input;
  const screenX = (x - camera.x) * camera.zoom + size.width / 2;
  const screenY = (y - camera.y) * camera.zoom + size.height / 2;
  return screenX > -margin && screenY > -margin && screenX < size.width + margin && screenY < size.height + margin
    ? { x: screenX, y: screenY }
    : null;
}

/** Dots and marks grow gently with the zoom, from the whole world (1 px per unit) up. */
function growth(zoom: number): number {
  return Math.min(1.5, Math.max(0.55, 0.55 + 0.3 * Math.log10(zoom)));
}

/** Radius of an open site's mark on the screen, CSS pixels. */
function markRadiusAt(site: SiteMark, zoom: number): number {
  return Math.max(1.6, site.radius * growth(zoom));
}

function paintAreas(context: Context, input: PaintInput, areas: readonly AreaDot[]): void {
  useScreen(context, input);
  const factor = growth(input.camera.zoom);
  for (const unserved of [false, true]) {
    context.beginPath();
    for (const area of areas) {
      if (area.unserved !== unserved) continue;
      const at = onScreen(input, area.x, area.y, 10);
      if (!at) continue;
      const radius = Math.max(0.7, area.radius * factor);
      context.moveTo(at.x + radius, at.y);
      context.arc(at.x, at.y, radius, 0, 2 * Math.PI);
    }
    context.fillStyle = input.palette.area;
    context.strokeStyle = input.palette.areaUnserved;
    context.lineWidth = 1;
    if (unserved) context.stroke();
    else context.fill();
  }
}

export function paintArcs(context: Context, input: PaintInput, arcs: readonly PlaneFlow[], opacity: number): void {
  const pixel = usePlane(context, input);
  const heaviest = arcs.at(-1)?.weight ?? 1;
  // Many arcs that meet at one site would melt into a blot: the more there are, the finer each is.
  const finer = Math.min(1, Math.max(0.55, Math.sqrt(40 / Math.max(1, arcs.length))));
  context.lineCap = "round";
  for (const arc of arcs) {
    const share = Math.sqrt(arc.weight / heaviest);
    context.globalAlpha = opacity * (0.4 + 0.6 * share);
    context.lineWidth = (0.8 + 3.6 * share * finer) * pixel;
    if (crossesCut(arc.fromX, arc.toX, planeWidth)) {
      context.strokeStyle = input.palette.tier[arc.tier];
      context.stroke(geodesic(arc.fromX, arc.fromY, arc.toX, arc.toY));
      continue;
    }
    const control = controlPoint(arc.fromX, arc.fromY, arc.toX, arc.toY);
    context.beginPath();
    context.moveTo(arc.fromX, arc.fromY);
    context.quadraticCurveTo(control.x, control.y, arc.toX, arc.toY);
    const fade = context.createLinearGradient(arc.fromX, arc.fromY, arc.toX, arc.toY);
    fade.addColorStop(0, input.palette.tier[arc.tier]);
    fade.addColorStop(1, `color-mix(in srgb, ${input.palette.tier[arc.tier]} 28%, transparent)`);
    context.strokeStyle = fade;
    context.stroke();
  }
  context.globalAlpha = 1;
}

function paintSites(context: Context, input: PaintInput, sites: readonly SiteMark[]): void {
  const factor = growth(input.camera.zoom);
  context.beginPath();
  for (const site of sites) {
    if (site.open) continue;
    const at = onScreen(input, site.x, site.y, 10);
    if (at) traceMark(context, site.tier, at.x, at.y, Math.max(1.1, site.radius * factor));
  }
  context.strokeStyle = input.palette.candidate;
  context.lineWidth = 0.8;
  context.stroke();
  // Edge first, so that the few large sites are never hidden by the many small ones.
  for (const tier of ["edge", "regional", "core"] as const satisfies readonly Tier[]) {
    context.beginPath();
    for (const site of sites) {
      if (!site.open || site.tier !== tier) continue;
      const at = onScreen(input, site.x, site.y, 20);
      if (at) traceMark(context, tier, at.x, at.y, markRadiusAt(site, input.camera.zoom));
    }
    context.strokeStyle = input.palette.halo;
    context.lineWidth = 2.5;
    context.stroke();
    context.fillStyle = input.palette.tier[tier];
    context.fill();
  }
}

/** Rings the chosen site and, thinner, the one under the pointer. */
export function paintRing(context: Context, input: PaintInput, site: SiteMark, strong: boolean): void {
  useScreen(context, input);
  const at = onScreen(input, site.x, site.y, 30);
  if (!at) return;
  const radius = markRadiusAt(site, input.camera.zoom);
  context.beginPath();
  traceMark(context, site.tier, at.x, at.y, radius);
  context.fillStyle = input.palette.tier[site.tier];
  context.fill();
  context.beginPath();
  traceMark(context, site.tier, at.x, at.y, radius + (strong ? 5 : 3.5));
  context.strokeStyle = input.palette.text;
  context.lineWidth = strong ? 2 : 1.25;
  context.stroke();
}
