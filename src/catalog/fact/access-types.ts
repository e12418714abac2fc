import { analyst, assumed, type Figure } from "./figure.ts";
import type { AccessType } from "../world/world-places.ts";

interface AccessRow {
  readonly name: string;
  readonly medianMs: Figure;
  readonly sigma: Figure;
}

const access = (name: string, medianMs: number, low: number, high: number, sigma: number): AccessRow => ({
  name,
  medianMs: assumed(medianMs, "ms", "usual median round trip from the device to the first router of the provider", {
    low,
    high,
  }),
  sigma: assumed(sigma, "ratio", "spread of ln(RTT) between lines and over the day"),
});

/** Whole round trips to nearby test servers, to compare: they hold the last mile and some of the provider's network. */
export const testServerRttMs = {
  fibre: analyst(9, "ms", "verizon-2019"),
  lte: analyst(35, "ms", "verizon-2019", { low: 31, high: 39 }),
} satisfies Record<string, Figure>;

/** Last mile of the user by technology. */
export const accessTypes = {
  ethernet: access("office or campus Ethernet", 1, 0.5, 2, 0.3),
  fibre: access("fibre to the home", 5, 3, 8, 0.35),
  cable: access("cable (DOCSIS)", 12, 10, 15, 0.35),
  dsl: access("DSL", 25, 20, 30, 0.35),
  "5g": access("5G mobile", 20, 15, 30, 0.45),
  lte: access("LTE mobile", 40, 30, 50, 0.45),
  "satellite-leo": access("satellite in low orbit", 33, 25, 45, 0.35),
} satisfies Record<string, AccessRow>;

/** How users are connected when a workload does not say: a fixed-line market with mobile use. Shares sum to 1. */
export const accessMix = {
  fibre: assumed(0.4, "ratio", "fixed-line market with fibre roll-out well advanced"),
  cable: assumed(0.15, "ratio", "homes behind cable networks"),
  dsl: assumed(0.1, "ratio", "homes not yet on fibre"),
  "5g": assumed(0.2, "ratio", "mobile use where 5G is built"),
  lte: assumed(0.15, "ratio", "mobile use elsewhere"),
} satisfies Partial<Record<keyof typeof accessTypes, Figure>>;

export type AccessTypeId = keyof typeof accessTypes;

/** The plain access type of an id; null when the catalogue has none. */
export function accessTypeOf(id: string): AccessType | null {
  const table: Readonly<Record<string, AccessRow>> = accessTypes;
  const row = Object.hasOwn(table, id) ? table[id] : undefined;
  return row ? { id, name: row.name, medianMs: row.medianMs.value, sigma: row.sigma.value } : null;
}
