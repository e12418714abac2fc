import type { TimeBar } from "../model/ledger.ts";
import { count, smallUsd } from "../model/format.ts";
import { axisLook, baseOption, type ChartTheme } from "./chart-theme.ts";
import type { ChartOption } from "./echarts.ts";

/** What was charged per hour or day, as bars; where nothing was charged at all, how much was tried. */
export function chargeOverTimeOption(theme: ChartTheme, bars: readonly TimeBar[]): ChartOption {
  const charged = bars.some(({ chargeUsd }) => chargeUsd > 0);
  const value = (bar: TimeBar) => (charged ? bar.chargeUsd : bar.attempts);
  const text = (figure: number) => (charged ? smallUsd(figure) : count(figure));
  return {
    ...baseOption(theme),
    tooltip: { ...baseOption(theme).tooltip, valueFormatter: (figure) => text(Number(figure)) },
    legend: { show: false },
    grid: { left: 72, right: 20, top: 16, bottom: 28 },
    xAxis: { type: "category", data: bars.map(({ label }) => label), ...axisLook(theme), splitLine: { show: false } },
    yAxis: {
      type: "value",
      minInterval: charged ? 0 : 1,
      ...axisLook(theme),
      axisLabel: { color: theme.muted, formatter: text },
    },
    series: [
      {
        type: "bar" as const,
        name: charged ? "Charged" : "Attempts",
        barMaxWidth: 34,
        color: theme.series[0]!,
        data: bars.map(value),
      },
    ],
  };
}
