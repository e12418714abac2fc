/** How the console calls what the documents name by id. */
import type { Tier } from "../../../src/catalog/index.ts";

export const tierNames: Readonly<Record<Tier, string>> = { core: "Core", regional: "Regional", edge: "Edge" };

/** Name of each cost item and its colour, `--item-N` of the style sheet: the same in every chart and table. */
const items: Readonly<Record<string, { readonly name: string; readonly color: number }>> = {
  accelerators: { name: "Accelerators", color: 0 },
  building: { name: "Building", color: 1 },
  opening: { name: "Opening sites", color: 2 },
  upgrades: { name: "Upgrades of power", color: 10 },
  closing: { name: "Closing sites", color: 11 },
  moves: { name: "Moves", color: 13 },
  fixedOpex: { name: "Fixed operations", color: 3 },
  maintenance: { name: "Maintenance", color: 4 },
  energy: { name: "Energy", color: 5 },
  egress: { name: "Egress", color: 6 },
  backhaul: { name: "Backhaul", color: 12 },
  unserved: { name: "Unserved demand", color: 7 },
  "training-unserved": { name: "Unserved training", color: 8 },
};

/** Colour of what the table above does not know. */
const otherColor = 9;

/** Name of a cost item; an item the table does not know reads as it is spelt. */
export function itemName(key: string): string {
  return items[key]?.name ?? key;
}

/** Position of a cost item's colour among those of the charts. */
export function itemColorIndex(key: string): number {
  return items[key]?.color ?? otherColor;
}

export function itemColor(key: string): string {
  return `var(--item-${itemColorIndex(key)})`;
}

const reasonNames: Readonly<Record<string, string>> = {
  physics: "Infeasible by physics",
  place: "No site on offer is near enough",
  law: "No site where the law allows the data",
  memory: "No module on offer holds the model",
  export: "Export rules keep the modules out",
  tier: "No site of an allowed tier",
  price: "Serving costs more than it is worth",
  limits: "Everything that could serve it is full",
  scale: "Too little demand in reach to pay for a site",
};

export function reasonName(reason: string): string {
  return reasonNames[reason] ?? reason.replaceAll("-", " ");
}

const refusalNames: Readonly<Record<string, string>> = {
  forbidden: "site forbidden by the scenario",
  tier: "tier not allowed",
  residency: "data may not go there",
  export: "export rules",
  memory: "model does not fit",
  "latency-network": "network too long",
  "latency-compute": "no time left for prefill",
  "no-engine": "no engine planned",
  unhealthy: "engines down",
  drained: "taken out by the operator",
  "too-long": "request too long",
  interrupted: "broken off",
  "attempts-exhausted": "every attempt failed",
  overloaded: "no room in time",
};

/** Why a site was turned down for a request, or a request refused. */
export function refusalName(reason: string): string {
  return refusalNames[reason] ?? reason.replaceAll("-", " ");
}
