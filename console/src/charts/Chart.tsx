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
    const observer = new ResizeObserver(() => {
      chart.current?.resize();
      makeScalable(element.current);
    });
    const draw = (place: HTMLElement, made: EChartsType): void => {
      chart.current = made;
      made.setOption(option(readChartTheme(place)), { notMerge: true });
      // At once: paper does not wait for the next frame.
      made.getZr().flush();
      makeScalable(place);
      observer.observe(place);
    };
    const begin = async (): Promise<void> => {
      const { createChart } = await import("./echarts.ts");
      // The place goes before the effect hears of it.
      if (!gone && element.current !== null) draw(element.current, chart.current ?? createChart(element.current));
    };
    if (chart.current !== null && element.current !== null) draw(element.current, chart.current);
    else void begin();
    return () => {
      gone = true;
      observer.disconnect();
    };
  }, [option, theme]);
  useEffect(() => () => chart.current?.dispose(), []);
  return <div ref={element} className="chart" style={{ height }} role="img" aria-label={label} />;
}

/** On paper a chart is scaled, see `print.css`; without a box of its own a drawing is cut off instead. */
function makeScalable(place: HTMLElement | null): void {
  const drawing = place?.querySelector("svg");
  if (!drawing) return;
  drawing.setAttribute("viewBox", `0 0 ${drawing.getAttribute("width")} ${drawing.getAttribute("height")}`);
}
