import { tiers } from "../../../src/catalog/index.ts";
import { costItems, type CostBreakdown } from "../../../src/finance/index.ts";
import { usd, usdPerYear } from "../model/format.ts";
import { itemColorIndex, itemName, tierNames } from "../model/names.ts";
import { axisLook, baseOption, type ChartTheme } from "./chart-theme.ts";
import type { ChartOption } from "./echarts.ts";

/** One bar per tier, stacked by cost item. */
export function tierCostOption(theme: ChartTheme, cost: CostBreakdown): ChartOption {
  const items = costItems.filter((item) => cost.byTier.some((entry) => entry.byItem[item] > 0));
  return {
    ...baseOption(theme),
    tooltip: { ...baseOption(theme).tooltip, valueFormatter: (value) => usdPerYear(Number(value)) },
    grid: { left: 72, right: 24, top: theme.narrow ? 72 : 40, bottom: 24 },
    xAxis: {
      type: "value",
      ...axisLook(theme),
      axisLabel: { color: theme.muted, formatter: (value: number) => usd(value) },
    },
    yAxis: { type: "category", inverse: true, data: tiers.map((tier) => tierNames[tier]), ...axisLook(theme) },
    series: items.map((item) => ({
      type: "bar" as const,
      name: itemName(item),
      stack: "cost",
      barWidth: 26,
      color: theme.series[itemColorIndex(item)]!,
      data: tiers.map((tier) => cost.byTier.find((entry) => entry.tier === tier)?.byItem[item] ?? 0),
    })),
  };
}
