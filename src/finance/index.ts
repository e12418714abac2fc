/** Floor 4: what things cost. Pure. */
export { annualCostUsd, annuityFactor, residualUsd } from "./annuity.ts";
export { annualCost, modulesInService, type DeploymentLike, type ModulesInService } from "./annual-cost.ts";
export { capexItems, costItems, type CapexItem, type CostBreakdown, type CostItem } from "./cost-ledger.ts";
export { grossMargin, internalRate, irr, npvUsd, paybackYears, type InternalRate } from "./cash-flow.ts";
export { debtService, type DebtService, type DebtYear } from "./debt.ts";
export {
  assetClasses,
  byAssetClass,
  depreciationByClass,
  straightLine,
  type Asset,
  type AssetClass,
  type BookYear,
} from "./depreciation.ts";
export {
  backhaulUsdPerPeakRequest,
  equityRatio,
  hasPriceVintages,
  hoursPerYear,
  installedCount,
  installedModuleAnnualUsd,
  isAlwaysOpen,
  mayClose,
  missedRequestUsd,
  missedTrainingUsd,
  moduleAnnualUsd,
  modulePriceUsd,
  mustBeClosed,
  requestUsd,
  secondsPerYear,
  siteAnnualUsd,
  trainingEnergyAnnualUsd,
  upgradeAnnualUsd,
  type ModulePrice,
  type RequestPrice,
  type SitePrice,
} from "./unit-prices.ts";
