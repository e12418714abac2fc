import { hourMs, type RollUp } from "../../serve/index.ts";

/** Who appears in the export as seller and as the one who writes the bill. */
export interface FocusParties {
  readonly provider: string;
  readonly issuer: string;
}

type Cell = string | null;

/**
 * Columns of FOCUS 1.2 (FinOps Open Cost and Usage Specification, May 2025): all mandatory ones, the conditional ones
 * that apply to metered tokens, and our own with the prefix `x_`. One row per roll-up with a charge. Empty = null.
 */
const columns: readonly (readonly [name: string, cell: (rollUp: RollUp, parties: FocusParties) => Cell])[] = [
  ["BilledCost", ({ chargeNanoUsd }) => usd(chargeNanoUsd)],
  ["BillingAccountId", ({ accountId }) => accountId ?? "no-account"],
  ["BillingAccountName", ({ accountId }) => accountId],
  ["BillingAccountType", () => "Account"],
  ["BillingCurrency", () => "USD"],
  ["BillingPeriodEnd", ({ hourEpochMs }) => time(monthStart(hourEpochMs, 1))],
  ["BillingPeriodStart", ({ hourEpochMs }) => time(monthStart(hourEpochMs, 0))],
  ["ChargeCategory", () => "Usage"],
  ["ChargeClass", () => null],
  ["ChargeDescription", ({ model, workload, site }) => `Tokens of ${model} for ${workload}, served at ${site}`],
  ["ChargeFrequency", () => "Usage-Based"],
  ["ChargePeriodEnd", ({ hourEpochMs }) => time(hourEpochMs + hourMs)],
  ["ChargePeriodStart", ({ hourEpochMs }) => time(hourEpochMs)],
  ["ConsumedQuantity", ({ chargedTokens }) => String(chargedTokens)],
  ["ConsumedUnit", () => "Tokens"],
  ["ContractedCost", ({ chargeNanoUsd }) => usd(chargeNanoUsd)],
  ["ContractedUnitPrice", unitPrice],
  ["EffectiveCost", ({ chargeNanoUsd }) => usd(chargeNanoUsd)],
  ["InvoiceId", () => null],
  ["InvoiceIssuerName", (_rollUp, { issuer }) => issuer],
  ["ListCost", ({ chargeNanoUsd }) => usd(chargeNanoUsd)],
  ["ListUnitPrice", unitPrice],
  ["PricingCategory", () => "Standard"],
  ["PricingQuantity", ({ chargedTokens }) => decimal(chargedTokens, 6)],
  ["PricingUnit", () => "1000000 Tokens"],
  ["ProviderName", (_rollUp, { provider }) => provider],
  ["PublisherName", (_rollUp, { provider }) => provider],
  ["RegionId", ({ siteCountry }) => siteCountry],
  ["RegionName", ({ siteCountry }) => siteCountry],
  ["ResourceId", ({ site, model }) => `${site}/${model}`],
  ["ResourceName", ({ site, model }) => `${model} at ${site}`],
  ["ResourceType", () => "Model Endpoint"],
  ["ServiceCategory", () => "AI and Machine Learning"],
  ["ServiceName", () => "Inference"],
  ["ServiceSubcategory", () => "Generative AI"],
  ["SkuId", ({ workload, model }) => `${workload}/${model}`],
  ["SkuMeter", () => "Input and Output Tokens"],
  ["SkuPriceDetails", () => null],
  ["SkuPriceId", ({ workload, model, priceNanoUsdPerMTok }) => `${workload}/${model}@${priceNanoUsdPerMTok}`],
  ["SubAccountId", ({ keyId }) => keyId],
  ["SubAccountName", ({ keyId }) => keyId],
  ["SubAccountType", ({ keyId }) => (keyId === null ? null : "Key")],
  ["Tags", ({ area, areaCountry, dataClass }) => JSON.stringify({ area, areaCountry, dataClass })],
  ["x_Attempts", ({ attempts }) => String(attempts)],
  ["x_CachedTokens", ({ cachedTokens }) => String(cachedTokens)],
  ["x_EgressCost", ({ egressNanoUsd }) => usd(egressNanoUsd)],
  ["x_Emulated", ({ emulated }) => String(emulated)],
  ["x_InputTokens", ({ inputTokens }) => String(inputTokens)],
  ["x_OutputTokens", ({ outputTokens }) => String(outputTokens)],
  ["x_ResponseBytes", ({ responseBytes }) => String(responseBytes)],
  ["x_SiteOwner", ({ owner }) => owner],
  ["x_Tier", ({ tier }) => tier],
];

/** Roll-ups as a FOCUS 1.2 dataset in CSV (RFC 4180). Attempts that cost nothing have no row. */
export function focusCsv(rollUps: readonly RollUp[], parties: FocusParties): string {
  const rows = rollUps
    .filter(({ chargeNanoUsd }) => chargeNanoUsd !== 0)
    .map((rollUp) => columns.map(([, cell]) => quoted(cell(rollUp, parties))).join(","));
  return `${[columns.map(([name]) => name).join(","), ...rows].join("\r\n")}\r\n`;
}

function unitPrice({ priceNanoUsdPerMTok }: RollUp): Cell {
  return priceNanoUsdPerMTok === null ? null : usd(priceNanoUsdPerMTok);
}

/** Integer nano-USD as decimal USD, exactly. */
export function usd(nanoUsd: number): string {
  return decimal(nanoUsd, 9);
}

/** An integer divided by a power of ten, exactly and without exponent. */
function decimal(value: number, places: number): string {
  const digits = String(Math.abs(value)).padStart(places + 1, "0");
  const fraction = digits.slice(-places).replace(/0+$/, "");
  return `${value < 0 ? "-" : ""}${digits.slice(0, -places)}${fraction === "" ? "" : `.${fraction}`}`;
}

function monthStart(epochMs: number, ahead: number): number {
  const date = new Date(epochMs);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + ahead, 1);
}

/** ISO 8601 in UTC with seconds, as the specification's date format asks. */
function time(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 19)}Z`;
}

function quoted(cell: Cell): string {
  if (cell === null) return "";
  // A leading sign would be run as a formula by spreadsheets; ids come from files that others may write.
  const safe = /^[=+@\t\r]|^-(?![\d.])/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
