/** One kind of module at one site as a number, for maps to go by; the same in every period. */
import type { World } from "../../catalog/index.ts";

type Kinds = Pick<World, "modules">;

export function spotAt({ modules }: Kinds, site: number, module: number): number {
  return site * modules.length + module;
}

export function siteOfSpot({ modules }: Kinds, spot: number): number {
  return Math.floor(spot / modules.length);
}

export function moduleOfSpot({ modules }: Kinds, spot: number): number {
  return spot % modules.length;
}
