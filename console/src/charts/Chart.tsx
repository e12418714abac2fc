import { useEffect, useRef } from "react";
import type { EChartsType } from "echarts/core";
import { useTheme } from "../app/theme.ts";
import { readChartTheme, type ChartTheme } from "./chart-theme.ts";
import type { ChartOption } from "./echarts.ts";

/**
 * A chart. `option` builds it for the colours of the theme and must be stable (`useCallback`). `label` is what a screen
 * reader hears; a table with the same figures stands beside every chart.
 */
export function Chart(props: {
  readonly option: (theme: ChartTheme) => ChartOption;
  readonly label: string;
  readonly height: number;
}) {
  const { option, label, height } = props;
  const element = useRef<HTMLDivElement>(null);
  const chart = useRef<EChartsType | null>(null);
  const theme = useTheme();
  useEffect(() => {
    let gone = false;
    const observer = new ResizeObserver(() => chart.current?.resize());
    const draw = async (): Promise<void> => {
      const { createChart } = await import("./echarts.ts");
      const place = element.current;
      // The place goes before the effect hears of it.
      if (gone || place === null) return;
      chart.current ??= createChart(place);
      chart.current.setOption(option(readChartTheme(place)), { notMerge: true });
      observer.observe(place);
    };
    void draw();
    return () => {
      gone = true;
      observer.disconnect();
    };
  }, [option, theme]);
  useEffect(() => () => chart.current?.dispose(), []);
  return <div ref={element} className="chart" style={{ height }} role="img" aria-label={label} />;
}
