import { coefficientNames } from "../../perf/index.ts";
import type { CalibratedEngine } from "./engine-table.ts";
import type { Section } from "../terminal/report.ts";

export const percent = (ratio: number): string =>
  Number.isNaN(ratio) ? "–" : `${(ratio * 100).toFixed(ratio < 0.1 ? 1 : 0)} %`;

const units: Readonly<Record<string, string>> = { Ms: "ms", Us: "us" };

/** Coefficients, errors on the runs, errors on runs left out, and the band. */
export function calibrationSections(engines: readonly CalibratedEngine[]): Section[] {
  const ids = engines.map((engine) => engine.id);
  return [
    {
      title: "Coefficients",
      head: ["", ...ids, "unit"],
      rows: coefficientNames.map((name) => [
        name.replace(/Ms$|Us$/, ""),
        ...engines.map((engine) => String(engine.calibration.coefficients[name])),
        units[/(?:Ms|Us)$/.exec(name)?.[0] ?? ""] ?? "× kernels' own time",
      ]),
    },
    {
      title: "Errors (absolute, relative to what was measured)",
      head: ["engine", "runs", "of", "TPOT median", "TPOT p90", "TTFT median"],
      rows: engines.flatMap(({ id, calibration }) => [
        [id, String(calibration.fit.runs), "runs fitted", ...errors(calibration.fit)],
        ...calibration.heldOut.map((entry) => [
          id,
          String(entry.runs),
          entry.by === "runs" ? `left out: ${entry.leftOut}` : `left out: all of ${entry.leftOut}`,
          ...errors(entry),
        ]),
      ]),
    },
    {
      title: "Band",
      lines: engines.map(({ id, calibration, measuredOn }) => {
        const without =
          calibration.fit.runs < 10
            ? ", as of an engine nobody has run: nine of ten cannot be told from fewer than ten"
            : "";
        return `${id}: nine of ten times per token within ${percent(calibration.bandRatio)}${without}. Measured: ${measuredOn.join(", ")}.`;
      }),
    },
  ];
}

const errors = (entry: { tpotMedian: number; tpotP90: number; ttftMedian: number }) => [
  percent(entry.tpotMedian),
  percent(entry.tpotP90),
  percent(entry.ttftMedian),
];
