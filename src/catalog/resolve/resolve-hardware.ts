import type { ModuleEntry } from "../../scenario/index.ts";
import { acceleratorOf, totalProcessingPerformance, type AcceleratorRow } from "../fact/accelerator-row.ts";
import { accelerators } from "../fact/accelerators.ts";
import { modelOf, type ModelRow } from "../fact/model-row.ts";
import { models } from "../fact/models.ts";
import type { Resolution, ScenarioPath } from "./resolution.ts";
import { unknownName } from "./resolve-reference.ts";
import { serverModuleOf, type ServerModuleRow } from "../fact/server-module-row.ts";
import { serverModules, usualModules } from "../fact/server-modules.ts";
import { type Accelerator, type Model, type ServerModule } from "../world/world-engines.ts";
import { tiers } from "../world/world-places.ts";

const catalogueAccelerators: Readonly<Record<string, AcceleratorRow>> = accelerators;
const catalogueModules: Readonly<Record<string, ServerModuleRow>> = serverModules;
const catalogueModels: Readonly<Record<string, ModelRow>> = models;

/** Share of the load's wall power an own server draws when idle, unless it says otherwise. */
const idleShare = 0.3;
/** Lead time and life of an own server that states none, years; as usual servers of the catalogue. */
const usualLeadYears = serverModules.h100x8.leadTimeYears.value;
const usualLifeYears = serverModules.h100x8.lifeYears.value;

function ownAccelerator(resolution: Resolution, id: string): Accelerator | null {
  const { accelerators: own } = resolution.scenario;
  const entry = Object.hasOwn(own, id) ? own[id] : undefined;
  if (!entry) return null;
  return {
    id,
    name: entry.name ?? id,
    kind: entry.kind,
    generation: entry.generation ?? id,
    memoryGB: entry.memory,
    memoryGBps: entry.memoryBandwidth,
    tflops: entry.rates,
    rateConfidence: entry.measured,
    link: {
      kind: entry.link.kind,
      latencyUs: entry.link.latency,
      allReduceGBps: entry.link.bandwidth,
    },
    totalProcessingPerformance: entry.totalProcessingPerformance ?? totalProcessingPerformance(entry.rates),
    dramGBps: entry.memoryBandwidth,
    tdpWatts: entry.power,
  };
}

/** An accelerator of the scenario or, when it has none of that id, of the catalogue. */
function resolveAccelerator(resolution: Resolution, path: ScenarioPath, id: string): Accelerator | null {
  const own = ownAccelerator(resolution, id);
  if (own) return own;
  const row = Object.hasOwn(catalogueAccelerators, id) ? catalogueAccelerators[id] : undefined;
  if (row) return acceleratorOf(id, row);
  unknownName(resolution, path, "accelerator", id, [
    ...Object.keys(resolution.scenario.accelerators),
    ...Object.keys(catalogueAccelerators),
  ]);
  return null;
}

/** The price of the first period, and those of all where they differ. */
function priceOf(price: readonly number[]): Pick<ServerModule, "priceUsd" | "pricePerPeriodUsd"> {
  const priceUsd = price[0]!;
  return price.some((value) => value !== priceUsd) ? { priceUsd, pricePerPeriodUsd: price } : { priceUsd };
}

function resolveModule(resolution: Resolution, entry: ModuleEntry, path: ScenarioPath): ServerModule | null {
  const supply = entry.supply ?? Array.from({ length: resolution.periodCount }, () => null);
  if (entry.form === "use") {
    const row = catalogueModules[entry.use];
    if (!row || !Object.hasOwn(catalogueModules, entry.use)) {
      unknownName(resolution, [...path, "use"], "server module", entry.use, Object.keys(catalogueModules));
      return null;
    }
    const plain = serverModuleOf(entry.use, row, supply);
    return {
      ...plain,
      ...priceOf(entry.price ?? [plain.priceUsd]),
      memoryShareRatio: entry.memoryShare ?? plain.memoryShareRatio ?? 0,
      ...(entry.minUtilization !== null && { minUtilizationRatio: entry.minUtilization }),
      leadTimeYears: entry.leadTime ?? plain.leadTimeYears,
      lifeYears: entry.life ?? plain.lifeYears,
      tiers: entry.tiers ?? plain.tiers,
    };
  }
  const accelerator = resolveAccelerator(resolution, [...path, "accelerator"], entry.accelerator);
  if (entry.price === null) {
    resolution.error(
      "DSP_SCENARIO_MISSING_KEY",
      path,
      `the own module \`${entry.id}\` has no price`,
      "add `price: $40k`",
    );
    return null;
  }
  if (entry.idlePower !== null && entry.idlePower > entry.power) {
    resolution.error(
      "DSP_SCENARIO_CONFLICT",
      [...path, "idlePower"],
      `\`${entry.id}\` draws more when idle (${entry.idlePower} kW) than under load (${entry.power} kW)`,
      "check the units of `power` and `idlePower`",
    );
    return null;
  }
  if (!accelerator) return null;
  return {
    id: entry.id,
    name: entry.name ?? entry.id,
    accelerator,
    acceleratorCount: entry.chips,
    ...priceOf(entry.price),
    ...(entry.memoryShare !== null && { memoryShareRatio: entry.memoryShare }),
    ...(entry.minUtilization !== null && { minUtilizationRatio: entry.minUtilization }),
    powerKw: entry.power,
    idlePowerKw: entry.idlePower ?? entry.power * idleShare,
    lifeYears: entry.life ?? usualLifeYears,
    leadTimeYears: entry.leadTime ?? usualLeadYears,
    tiers: entry.tiers ?? tiers,
    supplyPerPeriod: supply,
  };
}

/**
 * What may be bought, then modules that stand at sites already but may not be bought (supply 0).
 */
export function resolveModules(resolution: Resolution): readonly ServerModule[] {
  const resolved: ServerModule[] = [];
  const taken = new Set<string>();
  const add = (module: ServerModule | null, path: ScenarioPath): void => {
    if (!module) return;
    if (taken.has(module.id)) {
      const hint = "remove one, or give an own module another id";
      resolution.error("DSP_SCENARIO_DUPLICATE_ID", path, `the module \`${module.id}\` is listed twice`, hint);
      return;
    }
    taken.add(module.id);
    resolved.push(module);
  };
  const listed = resolution.scenario.modules;
  if (listed) {
    for (const [index, entry] of listed.entries()) {
      add(resolveModule(resolution, entry, ["modules", index]), ["modules", index]);
    }
  } else {
    const unlimited = Array.from({ length: resolution.periodCount }, () => null);
    for (const id of usualModules) add(serverModuleOf(id, serverModules[id], unlimited), ["modules"]);
  }
  const none = Array.from({ length: resolution.periodCount }, () => 0);
  for (const [index, site] of resolution.scenario.sites.entries()) {
    if (site.form !== "inline") continue;
    for (const id of Object.keys(site.installed)) {
      if (taken.has(id)) continue;
      const row = Object.hasOwn(catalogueModules, id) ? catalogueModules[id] : undefined;
      const path = ["sites", index, "installed", id];
      if (row) add(serverModuleOf(id, row, none), path);
      else unknownName(resolution, path, "server module", id, [...taken, ...Object.keys(catalogueModules)]);
    }
  }
  return resolved;
}

/** A model of the scenario or, when it has none of that id, of the catalogue. */
export function resolveModel(resolution: Resolution, path: ScenarioPath, id: string): Model | null {
  const own = Object.hasOwn(resolution.scenario.models, id) ? resolution.scenario.models[id] : undefined;
  if (!own) {
    const row = Object.hasOwn(catalogueModels, id) ? catalogueModels[id] : undefined;
    if (row) return modelOf(id, row);
    const known = [...Object.keys(resolution.scenario.models), ...Object.keys(catalogueModels)];
    unknownName(resolution, path, "model", id, known);
    return null;
  }
  const active = own.activeParameters ?? own.parameters;
  if (active > own.parameters) {
    const hint = "`activeParameters` are those of one token; they are part of `parameters`";
    const message = `the model \`${id}\` has more active parameters than parameters`;
    resolution.error("DSP_SCENARIO_CONFLICT", ["models", id, "activeParameters"], message, hint);
  }
  return {
    id,
    name: own.name ?? id,
    totalParameters: own.parameters,
    activeParameters: active,
    layers: own.layers,
    hiddenSize: own.hiddenSize,
    attentionHeads: own.attentionHeads,
    kvHeads: own.kvHeads,
    headDim: own.headDim,
    vocabulary: own.vocabulary,
    ...(own.experts && {
      experts: {
        count: own.experts.count,
        perToken: own.experts.perToken,
        parametersEach: own.experts.parameters,
      },
    }),
    ...(own.kvPerToken !== null && { kvBytesPerTokenBf16: own.kvPerToken }),
    maxContextTokens: own.maxContext,
  };
}
