import type { AcceleratorId } from "./accelerators.ts";
import { accelerators } from "./accelerators.ts";
import { acceleratorOf } from "./accelerator-row.ts";
import type { Figure } from "./figure.ts";
import type { ServerModule } from "../world/world-engines.ts";
import type { Tier } from "../world/world-places.ts";

/** A server or rack that can be bought whole. Chips that are only rented have no row here but a rental price. */
export interface ServerModuleRow {
  readonly name: string;
  readonly accelerator: AcceleratorId;
  readonly acceleratorCount: number;
  readonly priceUsd: Figure;
  /** Share of the price that is memory. */
  readonly memoryShareRatio: Figure;
  /** Wall power under load, before PUE: what must be provisioned. */
  readonly powerKw: Figure;
  readonly idlePowerKw: Figure;
  readonly lifeYears: Figure;
  readonly leadTimeYears: Figure;
  readonly tiers: readonly Tier[];
}

/** The plain module that travels in a world; the scenario sets the supply. */
export function serverModuleOf(
  id: string,
  row: ServerModuleRow,
  supplyPerPeriod: ServerModule["supplyPerPeriod"],
): ServerModule {
  return {
    id,
    name: row.name,
    accelerator: acceleratorOf(row.accelerator, accelerators[row.accelerator]),
    acceleratorCount: row.acceleratorCount,
    priceUsd: row.priceUsd.value,
    memoryShareRatio: row.memoryShareRatio.value,
    powerKw: row.powerKw.value,
    idlePowerKw: row.idlePowerKw.value,
    lifeYears: row.lifeYears.value,
    leadTimeYears: row.leadTimeYears.value,
    tiers: row.tiers,
    supplyPerPeriod,
  };
}
