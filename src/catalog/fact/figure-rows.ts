import { accelerators } from "./accelerators.ts";
import { totalProcessingPerformance, valuesOf, type AcceleratorRow } from "./accelerator-row.ts";
import { accessMix, accessTypes, testServerRttMs } from "./access-types.ts";
import { countryCodes, countryName } from "./countries.ts";
import { engineProfiles } from "./engines.ts";
import { exportRules, openRule } from "./export-rules.ts";
import type { Figure } from "./figure.ts";
import { lawOn, residencyOf } from "./jurisdictions.ts";
import { measuredCards } from "./measured-cards.ts";
import { metros } from "./metros.ts";
import { models } from "./models.ts";
import { networkModel } from "./network-model.ts";
import { electricityByCountry, electricityPrice } from "./prices-electricity.ts";
import * as finance from "./prices-finance.ts";
import { cardUsd, measuredWallPowerKw } from "./prices-hardware.ts";
import * as network from "./prices-network.ts";
import * as site from "./prices-site.ts";
import { dataClasses } from "./residency-rules.ts";
import { serverModules } from "./server-modules.ts";
import { sources, type SourceKey } from "./sources.ts";
import type { Confidence } from "../world/world-engines.ts";

/** One fact of the catalogue as a line of a table. */
export interface FigureRow {
  /** Where it stands, for example `accelerators.h100-sxm.memoryGB`. */
  readonly path: string;
  readonly value: number | string;
  readonly unit: string;
  readonly source: SourceKey;
  readonly asOf: string;
  readonly confidence: Confidence;
  readonly low?: number;
  readonly high?: number;
  readonly note?: string;
}

function isFigure(value: object): value is Figure {
  return "confidence" in value && "unit" in value && "value" in value && typeof value.value === "number";
}

/** All figures of a nested table, in the order of the table. */
function flatten(path: string, value: unknown, into: FigureRow[]): void {
  if (typeof value !== "object" || value === null) return;
  if (isFigure(value)) {
    into.push({ path, ...value });
    return;
  }
  for (const [key, inner] of Object.entries(value)) flatten(`${path}.${key}`, inner, into);
}

/** Unit of a plain number by the ending of its name. */
function unitOf(name: string): string {
  if (name.endsWith("Ms")) return "ms";
  if (name.endsWith("Us")) return "us";
  if (name.endsWith("GB")) return "GB";
  if (name.includes("Bytes")) return "B";
  return /Tokens|Sequences/.test(name) ? "count" : "ratio";
}

/** Settings of the engines that are chosen, not fitted. */
const chosenSettings = /^(maxBatched|maxSequences|memoryUtilization|overhead|kvBlock|requestOverhead)/;

const settingNote = "a setting of the engine or its server, not part of the fit";

function rowsOfEngines(into: FigureRow[]): void {
  for (const [id, profile] of Object.entries(engineProfiles)) {
    const source = id === "llamacpp" ? "own-h100-2026-11" : "engine-fit";
    for (const [key, value] of Object.entries(profile)) {
      if (typeof value !== "number") continue;
      const fact = { path: `engines.${id}.${key}`, value, unit: unitOf(key) };
      into.push(
        chosenSettings.test(key)
          ? { ...fact, source: "assumption", asOf: sources.assumption.date, confidence: "assumed", note: settingNote }
          : { ...fact, source, asOf: sources[source].date, confidence: profile.confidence },
      );
    }
  }
}

function rowsOfNetwork(into: FigureRow[]): void {
  const known = { source: "wondernetwork", asOf: sources.wondernetwork.date, confidence: "measured" } as const;
  for (const relation of ["sameCountry", "sameContinent", "betweenContinents"] as const) {
    const { scaleMs, exponent } = networkModel[relation];
    into.push({ path: `network.${relation}.scaleMs`, value: scaleMs, unit: "ms", ...known });
    into.push({ path: `network.${relation}.exponent`, value: exponent, unit: "ratio", ...known });
  }
  into.push({ path: "network.floorMs", value: networkModel.floorMs, unit: "ms", ...known });
  for (const { km, sigma } of networkModel.spread) {
    into.push({ path: `network.spread.${km}km`, value: sigma, unit: "ratio", ...known });
  }
}

function rowsOfLaw(into: FigureRow[]): void {
  for (const country of countryCodes) {
    for (const dataClass of dataClasses) {
      const rule = residencyOf(country, dataClass);
      const row = lawOn(country, dataClass);
      into.push({
        path: `residency.${country}.${dataClass}`,
        value: rule.allowed === "*" ? "anywhere" : rule.allowed.join(" "),
        unit: "countries",
        source: row?.source ?? "assumption",
        asOf: rule.asOf,
        confidence: row?.confidence ?? "assumed",
        note: row?.note ? `${rule.law}; ${row.note}` : rule.law,
      });
    }
  }
  for (const country of countryCodes) {
    const rule = exportRules[country];
    into.push({
      path: `export.${country}`,
      value: (rule ?? openRule).control,
      unit: "regime",
      source: rule?.source ?? "bis-2023",
      asOf: rule?.date ?? "2023-11-17",
      confidence: rule?.confidence ?? "assumed",
      note: rule?.rule ?? "not in a country group that needs a licence",
    });
    flatten(`export.${country}`, rule?.threshold, into);
  }
}

/** Every fact of the catalogue. About 3,000 rows; made anew at each call, so keep it if you ask often. */
export function figureRows(): readonly FigureRow[] {
  const rows: FigureRow[] = [];
  for (const [id, row] of Object.entries<AcceleratorRow>(accelerators)) {
    flatten(`accelerators.${id}`, row, rows);
    rows.push({
      path: `accelerators.${id}.totalProcessingPerformance`,
      value: totalProcessingPerformance(valuesOf(row.peakTflops)),
      unit: "TPP",
      source: row.dramGBps.source,
      asOf: row.dramGBps.asOf,
      confidence: row.dramGBps.confidence,
      note: "computed: largest dense peak × bit length",
    });
  }
  flatten("modules", serverModules, rows);
  for (const [id, { shape, ...row }] of Object.entries(models)) {
    flatten(`models.${id}`, row, rows);
    const { source, asOf, confidence } = row.totalParameters;
    for (const [key, value] of Object.entries(shape)) {
      if (typeof value === "number") {
        rows.push({ path: `models.${id}.${key}`, value, unit: "count", source, asOf, confidence });
      }
    }
  }
  rowsOfEngines(rows);
  rowsOfNetwork(rows);
  flatten("access", accessTypes, rows);
  flatten("access.mix", accessMix, rows);
  flatten("access.testServerRtt", testServerRttMs, rows);
  flatten("prices.card", cardUsd, rows);
  flatten("power.measured", measuredWallPowerKw, rows);
  flatten("cards", measuredCards, rows);
  flatten("sites", site, rows);
  flatten("finance", finance, rows);
  flatten("prices.egress", network.egressUsdPerGB, rows);
  flatten("prices.transitFactor", network.transitFactor, rows);
  flatten("prices.backhaul", network.backhaulUsdPerGbpsMonth, rows);
  flatten("egress", network.egressTbpsPerGw, rows);
  for (const country of countryCodes) {
    const own = country in electricityByCountry;
    const price = electricityPrice(country);
    const note = own ? price.note : `${price.note}; no figure for ${countryName(country)} itself`;
    rows.push({ path: `electricity.${country}`, ...price, ...(note && { note }) });
  }
  rowsOfLaw(rows);
  for (const { id, name, country, latitude, longitude } of metros) {
    const known = { source: "metros", asOf: sources.metros.date, confidence: "analyst" } as const;
    const note = `${name}, ${countryName(country)}`;
    rows.push({ path: `metros.${id}.latitude`, value: latitude, unit: "degree", note, ...known });
    rows.push({ path: `metros.${id}.longitude`, value: longitude, unit: "degree", ...known });
  }
  return rows;
}
