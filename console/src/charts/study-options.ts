import type { Comparison, ParetoPoint, Sensitivity } from "../../../src/plan/index.ts";
import { costItems } from "../../../src/finance/index.ts";
import { percent, usd } from "../model/format.ts";
import { itemColorIndex, itemName } from "../model/names.ts";
import { axisLook, baseOption, type ChartTheme } from "./chart-theme.ts";
import type { ChartOption } from "./echarts.ts";

/** Bars from the cost as it is to the cost at either end of each parameter, the largest swing on top. */
export function tornadoOption(theme: ChartTheme, { base, swings }: Sensitivity): ChartOption {
  const baseUsd = base?.objectiveUsdPerYear ?? 0;
  const delta = (end: Sensitivity["swings"][number]["low"]): number =>
    end.figures === null ? 0 : end.figures.objectiveUsdPerYear - baseUsd;
  const side = (name: string, color: string, of: "low" | "high") => ({
    type: "bar" as const,
    name,
    color,
    barWidth: 9,
    barGap: "10%",
    data: swings.map((swing) => delta(swing[of])),
  });
  return {
    ...baseOption(theme),
    tooltip: { ...baseOption(theme).tooltip, valueFormatter: (value) => usd(Number(value)) },
    grid: { left: theme.narrow ? 108 : 140, right: 24, top: 40, bottom: 44 },
    xAxis: {
      type: "value",
      name: "USD per year more than as it is",
      nameLocation: "middle",
      nameGap: 28,
      ...axisLook(theme),
      axisLabel: { color: theme.muted, formatter: (value: number) => usd(value) },
    },
    yAxis: { type: "category", inverse: true, data: swings.map(({ name }) => name), ...axisLook(theme) },
    series: [side("Low value", theme.series[4]!, "low"), side("High value", theme.series[6]!, "high")],
  };
}

/** Cost against the share of requests in time; dominated points stand beside the line. */
export function paretoOption(theme: ChartTheme, points: readonly ParetoPoint[]): ChartOption {
  const at = ({ attainedRatio, figures }: ParetoPoint): number[] => [attainedRatio, figures.buildAndRunUsdPerYear];
  return {
    ...baseOption(theme),
    tooltip: {
      ...baseOption(theme).tooltip,
      trigger: "item",
      formatter: (given) => {
        const [point] = Array.isArray(given) ? given : [given];
        const [ratio, cost] = Array.isArray(point?.value) ? point.value.map(Number) : [];
        return `${percent(ratio)} in time for ${usd(cost)} a year`;
      },
    },
    grid: { left: 72, right: 28, top: 40, bottom: 44 },
    xAxis: {
      type: "value",
      scale: true,
      name: "Share of requests in time",
      nameLocation: "middle",
      nameGap: 28,
      ...axisLook(theme),
      axisLabel: { color: theme.muted, formatter: (value: number) => `${Math.round(value * 100)} %` },
    },
    yAxis: {
      type: "value",
      scale: true,
      ...axisLook(theme),
      axisLabel: { color: theme.muted, formatter: (value: number) => usd(value) },
    },
    series: [
      {
        type: "line",
        name: "Front",
        color: theme.series[0]!,
        symbolSize: 9,
        lineStyle: { width: 2 },
        data: points.filter((point) => !point.dominated).map(at),
      },
      {
        type: "line",
        name: "Dominated",
        color: theme.muted,
        symbolSize: 7,
        lineStyle: { width: 0 },
        data: points.filter((point) => point.dominated).map(at),
      },
    ],
  };
}

/** One bar per variant, stacked by what money goes to. */
export function variantsOption(theme: ChartTheme, { variants }: Comparison): ChartOption {
  const planned = variants.filter((variant) => variant.figures !== null);
  const items = costItems.filter((item) => planned.some(({ figures }) => (figures!.byItem[item] ?? 0) > 0));
  return {
    ...baseOption(theme),
    tooltip: { ...baseOption(theme).tooltip, valueFormatter: (value) => usd(Number(value)) },
    grid: { left: 96, right: 24, top: theme.narrow ? 92 : 48, bottom: 24 },
    xAxis: {
      type: "value",
      ...axisLook(theme),
      axisLabel: { color: theme.muted, formatter: (value: number) => usd(value) },
    },
    yAxis: { type: "category", inverse: true, data: planned.map(({ name }) => name), ...axisLook(theme) },
    series: items.map((item) => ({
      type: "bar" as const,
      name: itemName(item),
      stack: "cost",
      barWidth: 22,
      color: theme.series[itemColorIndex(item)]!,
      data: planned.map(({ figures }) => figures!.byItem[item] ?? 0),
    })),
  };
}
