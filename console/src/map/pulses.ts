/** Live requests on the map: a dot that runs from the user's area to the site that answers, then a ring that fades. */
import { curvePoint } from "./arc-curve.ts";
import type { Context, PaintInput } from "./canvas.ts";
import { toScreen } from "./camera.ts";

export interface Pulse {
  readonly fromX: number;
  readonly fromY: number;
  readonly toX: number;
  readonly toY: number;
  readonly color: string;
  readonly startMs: number;
}

const travelMs = 900;
const fadeMs = 600;
/** Older pulses give way; more than this cannot be told apart anyway. */
export const pulseLimit = 300;

/** Paints the pulses that still run and returns them. */
export function paintPulses(context: Context, input: PaintInput, pulses: readonly Pulse[], nowMs: number): Pulse[] {
  const { pixelRatio, camera, size } = input;
  context.setTransform(pixelRatio, 0, 0, pixelRatio, 0, 0);
  const running = pulses.filter((pulse) => nowMs - pulse.startMs < travelMs + fadeMs);
  for (const pulse of running) {
    const age = nowMs - pulse.startMs;
    context.fillStyle = pulse.color;
    context.strokeStyle = pulse.color;
    if (age < travelMs) {
      const share = easeInOut(age / travelMs);
      // A short tail of dots that shrink shows the direction without a gradient per pulse.
      for (let step = 0; step < 5; step++) {
        const at = curvePoint(pulse.fromX, pulse.fromY, pulse.toX, pulse.toY, Math.max(0, share - step * 0.025));
        const screen = toScreen(camera, size, at);
        context.globalAlpha = 0.95 - step * 0.18;
        context.beginPath();
        context.arc(screen.x, screen.y, 2.8 - step * 0.35, 0, 2 * Math.PI);
        context.fill();
      }
    } else {
      const share = (age - travelMs) / fadeMs;
      const screen = toScreen(camera, size, { x: pulse.toX, y: pulse.toY });
      context.globalAlpha = 0.8 * (1 - share);
      context.lineWidth = 1.75;
      context.beginPath();
      context.arc(screen.x, screen.y, 6 + 12 * share, 0, 2 * Math.PI);
      context.stroke();
    }
  }
  context.globalAlpha = 1;
  return running;
}

function easeInOut(share: number): number {
  return share < 0.5 ? 2 * share * share : 1 - (2 - 2 * share) ** 2 / 2;
}
