import { tiers } from "../../../src/catalog/index.ts";
import type { PlanDocument } from "../../../src/plan/index.ts";
import { usd } from "../model/format.ts";
import type { PeriodInvestment } from "../model/investment.ts";
import { tierNames } from "../model/names.ts";
import { axisLook, baseOption, type ChartTheme } from "./chart-theme.ts";
import type { ChartOption } from "./echarts.ts";

const dollars = (theme: ChartTheme) => ({
  ...axisLook(theme),
  axisLabel: { color: theme.muted, formatter: (value: number) => usd(value) },
});

/** What was found and what was proven, over the time of the search. */
export function gapOption(
  theme: ChartTheme,
  search: Pick<PlanDocument["search"], "curve" | "seconds">,
  end: { readonly incumbentUsd: number | null; readonly boundUsd: number | null },
): ChartOption {
  // What came of it holds at the end: a bound found once would be a point, and a point is no line.
  const curve = [...search.curve, { ...end, seconds: search.seconds }];
  const line = (name: string, color: string, value: (point: (typeof curve)[number]) => number | null) => ({
    type: "line" as const,
    name,
    color,
    step: "end" as const,
    showSymbol: curve.length < 3,
    lineStyle: { width: 2 },
    data: curve.flatMap((point) => {
      const at = value(point);
      return at === null ? [] : [[point.seconds, at]];
    }),
  });
  return {
    ...baseOption(theme),
    tooltip: { ...baseOption(theme).tooltip, valueFormatter: (value) => usd(Number(value)) },
    grid: { left: 72, right: 24, top: 40, bottom: 44 },
    xAxis: {
      type: "value",
      name: "Seconds of search",
      nameLocation: "middle",
      nameGap: 28,
      ...axisLook(theme),
    },
    // From zero the gap would be a hair; the figures are in the table.
    yAxis: { type: "value", scale: true, ...dollars(theme) },
    series: [
      line("Best plan so far", theme.series[0]!, (point) => point.incumbentUsd),
      line("No plan below", theme.good, (point) => point.boundUsd),
    ],
  };
}

/** Capital by period, stacked by tier. */
export function investmentOption(theme: ChartTheme, periods: readonly PeriodInvestment[]): ChartOption {
  return {
    ...baseOption(theme),
    tooltip: { ...baseOption(theme).tooltip, valueFormatter: (value) => usd(Number(value)) },
    grid: { left: 72, right: 24, top: 40, bottom: 24 },
    xAxis: { type: "category", data: periods.map(({ period }) => period), ...axisLook(theme) },
    yAxis: { type: "value", ...dollars(theme) },
    series: tiers.map((tier) => ({
      type: "bar" as const,
      name: tierNames[tier],
      stack: "capital",
      barMaxWidth: 48,
      color: theme.tier[tier],
      data: periods.map(({ capexByTier }) => capexByTier[tier]),
    })),
  };
}
