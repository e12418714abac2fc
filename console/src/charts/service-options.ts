import type { Quantiles, SimulationResult } from "../../../src/simulate/index.ts";
import type { Board } from "../model/board.ts";
import { milliseconds, percent } from "../model/format.ts";
import { axisLook, baseOption, type ChartTheme } from "./chart-theme.ts";
import type { ChartOption } from "./echarts.ts";

const points: readonly (readonly [keyof Quantiles, number])[] = [
  ["p50", 0.5],
  ["p90", 0.9],
  ["p95", 0.95],
  ["p99", 0.99],
];

/** First-token quantiles per workload against a dashed line at each budget; the time axis is logarithmic. */
export function latencyOption(theme: ChartTheme, board: Board, result: SimulationResult): ChartOption {
  return {
    ...baseOption(theme),
    tooltip: {
      ...baseOption(theme).tooltip,
      trigger: "item",
      formatter: (given) => {
        const [point] = Array.isArray(given) ? given : [given];
        const [ms, share] = Array.isArray(point?.value) ? point.value.map(Number) : [];
        return `${point?.seriesName}: ${percent(share)} within ${milliseconds(ms)}`;
      },
    },
    grid: { left: 52, right: 24, top: 44, bottom: 44 },
    xAxis: {
      type: "log",
      name: "First token, ms (network + queue + prefill)",
      nameLocation: "middle",
      nameGap: 28,
      ...axisLook(theme),
    },
    yAxis: {
      type: "value",
      min: 0.5,
      max: 1,
      ...axisLook(theme),
      axisLabel: { color: theme.muted, formatter: (value: number) => `${Math.round(value * 100)} %` },
    },
    series: board.workloads.map((workload, index) => {
      const measured = result.workloads.find((entry) => entry.workload === workload.id);
      const data = points.flatMap(([key, share]) => {
        const ms = measured?.ttftMs[key] ?? null;
        return ms === null ? [] : [[ms, share]];
      });
      const color = theme.series[workloadColors[index % workloadColors.length]!]!;
      return {
        type: "line" as const,
        name: workload.name,
        data,
        color,
        symbolSize: 7,
        lineStyle: { width: 2 },
        markLine: {
          silent: true,
          symbol: "none",
          lineStyle: { color, type: "dashed" as const, width: 1.25 },
          label: { color: theme.muted, formatter: milliseconds(workload.budgetMs), position: "insideEndTop" as const },
          data: [{ xAxis: workload.budgetMs }],
        },
      };
    }),
  };
}

/** Share of each window's requests that were completed within all budgets. */
export function attainmentOverTimeOption(theme: ChartTheme, board: Board, result: SimulationResult): ChartOption {
  return {
    ...baseOption(theme),
    tooltip: { ...baseOption(theme).tooltip, valueFormatter: (value) => percent(Number(value)) },
    grid: { left: 52, right: 24, top: 44, bottom: 44 },
    xAxis: {
      type: "value",
      name: "Minutes of simulated time",
      nameLocation: "middle",
      nameGap: 28,
      ...axisLook(theme),
      splitLine: { show: false },
    },
    yAxis: {
      type: "value",
      scale: true,
      max: 1,
      ...axisLook(theme),
      axisLabel: { color: theme.muted, formatter: (value: number) => percent(value) },
    },
    series: board.workloads.map((workload, index) => ({
      type: "line" as const,
      name: workload.name,
      showSymbol: false,
      color: theme.series[workloadColors[index % workloadColors.length]!]!,
      lineStyle: { width: 1.75 },
      data: result.windows.flatMap((window) => {
        const entry = window.workloads.find((candidate) => candidate.workload === workload.id);
        return entry && entry.arrived > 0 ? [[window.fromS / 60, entry.withinSlo / entry.arrived]] : [];
      }),
    })),
  };
}

/** Positions in the theme's categorical colours that stay apart for colour-blind readers when drawn as lines. */
const workloadColors = [0, 5, 2, 4, 7];
