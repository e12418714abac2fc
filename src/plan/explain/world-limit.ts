import type { World } from "../../catalog/index.ts";
import type { PlanDocument } from "../document/plan-document.ts";

export type LimitUnit = "MW" | "Gbit/s" | "USD" | "sites" | "modules" | "share";

/** A limit of a world by its public name. Amounts are in its unit. */
export interface WorldLimit {
  readonly name: string;
  readonly unit: LimitUnit;
  readonly upper: number;
  /** How much more is tried: about a tenth, at least what one module takes. */
  readonly step: number;
  readonly relax: (world: World, amount: number) => World;
  /** Units one module of the kind takes at the site; 0 when it does not count. */
  readonly takes: (site: number, module: number) => number;
  /** Units that opening the site takes; none when left out. */
  readonly opens?: (site: number) => number;
  /** Units that an upgrade of the site's power takes; none when left out. */
  readonly upgrades?: (site: number, upgrade: number) => number;
  /** It limits what a period buys, not what stands in it. */
  readonly of?: "purchases";
  /** What of it the plan uses, where that is more than a sum over its modules. */
  readonly used?: (plan: PlanDocument) => number;
  /** Giving way means dropping it altogether, whatever the amount. */
  readonly lifted?: true;
  /** How the plan stands to it, where an amount does not say it. */
  readonly statement?: (plan: PlanDocument) => string | undefined;
}
