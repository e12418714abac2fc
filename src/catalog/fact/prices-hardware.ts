import { analyst, assumed, measured, type Figure } from "./figure.ts";

/** Price of one accelerator without a server, as far as it is quoted; the modules' prices were built from these. */
export const cardUsd = {
  "h100-sxm": analyst(27_500, "USD", "card-prices-2026", { low: 22_000, high: 30_000 }),
  "h200-sxm": analyst(29_500, "USD", "card-prices-2026", { low: 28_000, high: 31_000 }),
  "b200-sxm": analyst(41_500, "USD", "card-prices-2026", { low: 35_000, high: 50_000 }),
  mi300x: analyst(17_500, "USD", "data-gate-2026", { low: 15_000, high: 20_000 }),
  "rtx-pro-6000": analyst(8_565, "USD", "newgearhub", { low: 8_000, high: 9_200, note: "workstation edition" }),
  vr200: analyst(55_000, "USD", "morgan-stanley-2026-05"),
  l40s: analyst(8_500, "USD", "datastorage-l40s", { low: 7_000, high: 10_000 }),
  l4: assumed(2_500, "USD", "from memory of the market", { low: 2_000, high: 3_200 }),
} satisfies Record<string, Figure>;

/** Wall power of whole servers while they serve, for comparison with the nameplates used for planning. */
export const measuredWallPowerKw = {
  "b200x8-llama-2-70b": measured(10.4, "kW", "mlperf-v5.1", { note: "102,909 tokens/s offline" }),
  "b200x8-llama-3.1-8b": measured(9.44, "kW", "mlperf-v5.1", { note: "146,960 tokens/s offline" }),
  "b200x8-llama-3.1-405b": measured(9.89, "kW", "mlperf-v5.1", { note: "1,637 tokens/s offline" }),
} satisfies Record<string, Figure>;
