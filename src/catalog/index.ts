export * from "./world.ts";
export * from "./world-demand.ts";
export * from "./world-engines.ts";
export * from "./world-places.ts";
export type { Figure } from "./figure.ts";
export { sources, type Source, type SourceKey } from "./sources.ts";
export { catalogVersion } from "./version.ts";
export { accelerators, type AcceleratorId } from "./accelerators.ts";
export { acceleratorOf, allReduceSizesMB, type AcceleratorRow } from "./accelerator-row.ts";
export { serverModules, usualModules, type ServerModuleId } from "./server-modules.ts";
export { serverModuleOf, type ServerModuleRow } from "./server-module-row.ts";
export { models, type ModelId } from "./models.ts";
export { countParameters, modelOf, type ModelRow } from "./model-row.ts";
export { engineCalibration, engineProfiles } from "./engines.ts";
export { networkModel } from "./network-model.ts";
export { accessTypeOf, accessTypes, type AccessTypeId } from "./access-types.ts";
export { continentOf, countryCodes, countryName, isCountry, type Continent } from "./countries.ts";
export { blocs, blocsOf } from "./country-sets.ts";
export { countriesWithLaw, jurisdictionOf, lawOn, residencyOf } from "./jurisdictions.ts";
export { dataClasses, type DataClass } from "./residency-rules.ts";
export { exportRules } from "./export-rules.ts";
export { electricityPrice } from "./prices-electricity.ts";
export { egressTbpsPerGw, egressUsdPerGB, transitUsdPerGB, type EgressClass } from "./prices-network.ts";
export {
  depreciationYears,
  debtRatioPerYear,
  memoryPriceShockFactor,
  rentalUsdPerHour,
  waccRatio,
} from "./prices-finance.ts";
export { metros, slug, type Metro } from "./metros.ts";
export { isAskedFor, type City, type CityQuestion, type Places } from "./places.ts";
export { figureTables, findFigures, listFigures, type FigureSearch, type FigureTable } from "./find-figures.ts";
export type { FigureRow } from "./figure-rows.ts";
export { resolveWorld, type ResolveResult } from "./resolve-world.ts";
export type { LocatedScenario } from "./resolution.ts";
