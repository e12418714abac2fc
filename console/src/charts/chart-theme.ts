/** Colours and type of charts, read from the page's style sheet. */
export interface ChartTheme {
  readonly text: string;
  readonly muted: string;
  readonly line: string;
  readonly surface: string;
  readonly good: string;
  readonly bad: string;
  readonly tier: Readonly<Record<"core" | "regional" | "edge", string>>;
  /** Categorical colours, in fixed order. */
  readonly series: readonly string[];
  readonly font: string;
  /** Too narrow for a legend on one line. */
  readonly narrow: boolean;
}

export function readChartTheme(element: Element): ChartTheme {
  const style = getComputedStyle(element);
  const read = (name: string) => style.getPropertyValue(name).trim();
  return {
    text: read("--text"),
    muted: read("--text-2"),
    line: read("--line"),
    surface: read("--surface"),
    good: read("--good"),
    bad: read("--bad"),
    tier: { core: read("--tier-core"), regional: read("--tier-regional"), edge: read("--tier-edge") },
    series: Array.from({ length: 14 }, (_, index) => read(`--item-${index}`)),
    font: style.fontFamily,
    narrow: element.clientWidth < 480,
  };
}

/** Shared look: no animation, thin grid, small type. */
export function baseOption(theme: ChartTheme) {
  return {
    animation: false,
    textStyle: { fontFamily: theme.font, color: theme.text, fontSize: 12 },
    legend: { textStyle: { color: theme.muted }, itemWidth: 12, itemHeight: 8, icon: "roundRect", top: 0, left: 0 },
    tooltip: {
      trigger: "axis" as const,
      backgroundColor: theme.surface,
      borderColor: theme.line,
      textStyle: { color: theme.text, fontSize: 12 },
    },
  };
}

export function axisLook(theme: ChartTheme) {
  return {
    axisLine: { lineStyle: { color: theme.line } },
    axisTick: { show: false },
    axisLabel: { color: theme.muted },
    splitLine: { lineStyle: { color: theme.line, opacity: 0.6 } },
    nameTextStyle: { color: theme.muted },
  };
}
