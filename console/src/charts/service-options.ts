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

/**
 * First-token quantiles per workload. The time axis is in budgets, not in ms: workloads with budgets of 15 and 500 ms then
 * share one line that must not be crossed.
 */
export function latencyOption(theme: ChartTheme, board: Board, result: SimulationResult): ChartOption {
  return {
    ...baseOption(theme),
    tooltip: {
      ...baseOption(theme).tooltip,
      trigger: "item",
      formatter: (given) => {
        const [point] = Array.isArray(given) ? given : [given];
        const [, share, ms] = Array.isArray(point?.value) ? point.value.map(Number) : [];
        return `${point?.seriesName}: ${percent(share)} within ${milliseconds(ms)}`;
      },
    },
    grid: { left: 52, right: 28, top: 44, bottom: 44 },
    xAxis: {
      type: "value",
      min: 0,
      name: "First token as a share of its budget (network + queue + prefill)",
      nameLocation: "middle",
      nameGap: 28,
      ...axisLook(theme),
      axisLabel: { color: theme.muted, formatter: wholePercent },
    },
    yAxis: {
      type: "value",
      min: 0.5,
      max: 1,
      ...axisLook(theme),
      axisLabel: { color: theme.muted, formatter: wholePercent },
    },
    series: board.workloads.map((workload, index) => {
      const measured = result.workloads.find((entry) => entry.workload === workload.id);
      const color = theme.series[workloadColors[index % workloadColors.length]!]!;
      return {
        type: "line" as const,
        name: workload.name,
        data: points.flatMap(([key, share]) => {
          const ms = measured?.ttftMs[key] ?? null;
          return ms === null ? [] : [[ms / workload.budgetMs, share, ms]];
        }),
        color,
        symbol: "circle",
        symbolSize: 8,
        lineStyle: { width: 2 },
        // One line for all: in budgets, every budget is 1.
        ...(index === 0 && { markLine: budgetLine(theme) }),
      };
    }),
  };
}

function budgetLine(theme: ChartTheme) {
  return {
    silent: true,
    symbol: "none",
    lineStyle: { color: theme.text, type: "dashed" as const, width: 1.25 },
    label: { color: theme.text, formatter: "budget", position: "end" as const, distance: 4 },
    data: [{ xAxis: 1 }],
  };
}

const wholePercent = (value: number): string => `${Math.round(value * 1000) / 10} %`;

/** Share of the requests completed in each window that kept all their budgets. */
export function attainmentOverTimeOption(theme: ChartTheme, board: Board, result: SimulationResult): ChartOption {
  return {
    ...baseOption(theme),
    tooltip: {
      ...baseOption(theme).tooltip,
      valueFormatter: (value) => percent(typeof value === "number" ? value : null),
    },
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
      // Where all is well within a few thousandths, fewer digits would give several marks the same name.
      axisLabel: { color: theme.muted, formatter: (value: number) => `${Number((value * 100).toFixed(3))} %` },
    },
    series: board.workloads.map((workload, index) => ({
      type: "line" as const,
      name: workload.name,
      // A line of one point would not be seen.
      showSymbol: result.windows.length === 1,
      color: theme.series[workloadColors[index % workloadColors.length]!]!,
      lineStyle: { width: 1.75 },
      data: result.windows.map((window) => {
        const entry = window.workloads.find((candidate) => candidate.workload === workload.id);
        // A line that went on while nothing was completed would say that all was well.
        const isServed = entry !== undefined && entry.completed > 0;
        return [window.fromS / 60, isServed ? Math.min(1, entry.withinSlo / entry.completed) : null];
      }),
    })),
  };
}

/** Positions in the theme's categorical colours that stay apart for colour-blind readers when drawn as lines. */
const workloadColors = [0, 5, 2, 4, 7];
