export * from "./world/world.ts";
export * from "./world/world-demand.ts";
export * from "./world/world-engines.ts";
export * from "./world/world-places.ts";
export type { Figure } from "./fact/figure.ts";
export { sources, type Source, type SourceKey } from "./fact/sources.ts";
export { catalogVersion } from "./fact/version.ts";
export { accelerators, type AcceleratorId } from "./fact/accelerators.ts";
export { acceleratorOf, allReduceSizesMB, type AcceleratorRow } from "./fact/accelerator-row.ts";
export { serverModules, usualModules, type ServerModuleId } from "./fact/server-modules.ts";
export { serverModuleOf, type ServerModuleRow } from "./fact/server-module-row.ts";
export { models, type ModelId } from "./fact/models.ts";
export { countParameters, modelOf, type ModelRow } from "./fact/model-row.ts";
export { engineCalibration, engineProfiles } from "./fact/engines.ts";
export { networkModel } from "./fact/network-model.ts";
export { accessTypeOf, accessTypes, type AccessTypeId } from "./fact/access-types.ts";
export { continentOf, countryCodes, countryName, isCountry, type Continent } from "./fact/countries.ts";
export { blocs, blocsOf } from "./fact/country-sets.ts";
export { countriesWithLaw, jurisdictionOf, lawOn, residencyOf } from "./fact/jurisdictions.ts";
export { dataClasses, type DataClass } from "./fact/residency-rules.ts";
export { exportRules } from "./fact/export-rules.ts";
export { electricityPrice } from "./fact/prices-electricity.ts";
export { egressTbpsPerGw, egressUsdPerGB, transitUsdPerGB, type EgressClass } from "./fact/prices-network.ts";
export {
  depreciationYears,
  debtRatioPerYear,
  memoryPriceShockFactor,
  rentalUsdPerHour,
  waccRatio,
} from "./fact/prices-finance.ts";
export { metros, slug, type Metro } from "./fact/metros.ts";
export { isAskedFor, type City, type CityQuestion, type Places } from "./fact/places.ts";
export { figureTables, findFigures, listFigures, type FigureSearch, type FigureTable } from "./fact/find-figures.ts";
export type { FigureRow } from "./fact/figure-rows.ts";
export { resolveWorld, type ResolveResult } from "./resolve/resolve-world.ts";
export type { LocatedScenario } from "./resolve/resolution.ts";
