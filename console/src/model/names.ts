/** How the console calls what the documents name by id. */
import type { Tier } from "../../../src/catalog/index.ts";

export const tierNames: Readonly<Record<Tier, string>> = { core: "Core", regional: "Regional", edge: "Edge" };

const itemNames: Readonly<Record<string, string>> = {
  accelerators: "Accelerators",
  building: "Building",
  opening: "Opening sites",
  fixedOpex: "Fixed operations",
  maintenance: "Maintenance",
  energy: "Energy",
  egress: "Egress",
  unserved: "Unserved demand",
  "training-unserved": "Unserved training",
};

/** Name of a cost item; an item this table does not know reads as it is spelt. */
export function itemName(key: string): string {
  return itemNames[key] ?? key;
}

/** Colour of a cost item, the same in every chart. */
export function itemColor(key: string): string {
  const known = Object.keys(itemNames);
  const position = known.indexOf(key);
  return `var(--item-${position < 0 ? known.length : position})`;
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
  "too-long": "request too long",
  interrupted: "broken off",
  "attempts-exhausted": "every attempt failed",
};

/** Why a site was turned down for a request, or a request refused. */
export function refusalName(reason: string): string {
  return refusalNames[reason] ?? reason.replaceAll("-", " ");
}
