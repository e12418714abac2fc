import type { World } from "../../catalog/index.ts";
import { GatewayLine, type LineParts, type WaitingLine } from "./gateway-line.ts";

/** What the gateways need of the simulation; `look` wants the gateway back. */
export interface GatewayParts extends Omit<LineParts, "depth" | "lookAfter"> {
  /** So many wait now, at all gateways together. */
  readonly depth: (queued: number, nowMs: number) => void;
  readonly lookAfter: (gateway: number, nowMs: number, delayMs: number) => void;
}

/** The gateways of a simulation: see `WaitingLine.gateways`. */
export class Gateways {
  readonly #ofArea: Int32Array;
  readonly #parts: GatewayParts;
  /** Made when the first request comes: most areas of a short run send none. */
  readonly #lines: (GatewayLine | undefined)[] = [];
  #queued = 0;

  constructor(parts: GatewayParts) {
    this.#parts = parts;
    this.#ofArea = gatewayOfArea(parts.world, parts.limits);
  }

  /** The gateway that serves an area's users. */
  of(area: number): GatewayLine {
    const gateway = this.#ofArea[area]!;
    return this.#lines[gateway] ?? this.#open(gateway);
  }

  look(gateway: number, nowMs: number): void {
    this.#lines[gateway]!.look(nowMs);
  }

  #open(gateway: number): GatewayLine {
    let here = 0;
    const line = new GatewayLine({
      ...this.#parts,
      depth: (queued, nowMs) => {
        this.#queued += queued - here;
        here = queued;
        this.#parts.depth(this.#queued, nowMs);
      },
      lookAfter: (nowMs, delayMs) => this.#parts.lookAfter(gateway, nowMs, delayMs),
    });
    this.#lines[gateway] = line;
    return line;
  }
}

function gatewayOfArea({ areas }: World, { gateways = "one" }: WaitingLine): Int32Array {
  if (gateways === "one") return new Int32Array(areas.length);
  if (gateways === "area") return Int32Array.from(areas, (_, area) => area);
  const countries = [...new Set(areas.map(({ country }) => country))];
  const positions = new Map(countries.map((country, position) => [country, position]));
  return Int32Array.from(areas, ({ country }) => positions.get(country)!);
}
