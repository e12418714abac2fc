import {
  interval,
  summarizeSeeds,
  type Interval,
  type SeedSummary,
  type SweepCase,
  type SweepOutcome,
  type SweepRecord,
} from "../../simulate/index.ts";
import { ms, percent, three, usd } from "../terminal/figures.ts";
import { textTable } from "../terminal/text-table.ts";
import type { Cell, Table } from "../terminal/write-tables.ts";

/** The result of a sweep: plain JSON. */
export interface SweepReport {
  readonly format: "disperse/sweep/v1";
  /** Cases asked for; fewer outcomes than that mean the sweep was stopped. */
  readonly cases: number;
  readonly settings: readonly SettingReport[];
  readonly outcomes: readonly {
    readonly id: string;
    readonly setting: string;
    readonly seed: number;
    readonly record: SweepRecord;
  }[];
  readonly failures: readonly { readonly id: string; readonly failure: string }[];
}

interface SettingReport {
  readonly setting: string;
  readonly seeds: number;
  readonly summary: SeedSummary;
  /** Attainment minus that of the first setting, over the seeds both have: the same users with the same luck. */
  readonly differenceToFirst: Interval | null;
}

/** Puts the outcomes together, in the order of the cases whatever the order in which they came. */
export function sweepReport(cases: readonly SweepCase[], outcomes: readonly SweepOutcome[]): SweepReport {
  const byId = new Map(outcomes.map((outcome) => [outcome.id, outcome]));
  const done = cases.flatMap(({ id, setting, options }) => {
    const outcome = byId.get(id);
    return outcome && "record" in outcome ? [{ id, setting, seed: options.seed!, record: outcome.record }] : [];
  });
  const settings = [...new Set(cases.map((entry) => entry.setting))];
  const first = new Map(
    done.filter(({ setting }) => setting === settings[0]).map(({ seed, record }) => [seed, record]),
  );
  return {
    format: "disperse/sweep/v1",
    cases: cases.length,
    settings: settings.flatMap((setting): SettingReport[] => {
      const own = done.filter((entry) => entry.setting === setting);
      if (own.length === 0) return [];
      const paired = own.flatMap(({ seed, record }) => {
        const other = first.get(seed);
        return setting !== settings[0] && other ? [attainment(record) - attainment(other)] : [];
      });
      return [
        {
          setting,
          seeds: own.length,
          summary: summarizeSeeds(own.map(({ record }) => record)),
          differenceToFirst: interval(paired),
        },
      ];
    }),
    outcomes: done,
    failures: outcomes.flatMap((outcome) => ("failure" in outcome ? [outcome] : [])),
  };
}

function attainment({ requests, simulatedS }: SweepRecord): number {
  return requests.arrived > 0 ? (requests.goodputPerS * simulatedS) / requests.arrived : 0;
}

export function sweepText({ cases, settings, outcomes, failures }: SweepReport): string {
  const rows = settings.map(({ setting, seeds, summary, differenceToFirst }) => [
    setting,
    String(seeds),
    spread(summary.attainmentOfArrivedRatio, (value) => percent(value, 2)),
    spread(differenceToFirst, (value) => percent(value, 2)),
    spread(summary.goodputPerS, three),
    spread(summary.usdPer1000OutputTokens, usd),
    spread(summary.energyKwh, three),
    String(summary.residencyViolations),
  ]);
  const workloads = settings[0]?.summary.workloads.map((entry) => entry.workload) ?? [];
  const details = workloads.map((workload, position) =>
    textTable(
      [workload, "attained of all sent", "TTFT p50", "TTFT p99", "TPOT mean", "E2E p99", "refused"],
      settings.map(({ setting, summary }) => {
        const entry = summary.workloads[position]!;
        return [
          setting,
          spread(entry.attainmentOfArrivedRatio, (value) => percent(value, 2)),
          spread(entry.ttftP50Ms, ms),
          spread(entry.ttftP99Ms, ms),
          spread(entry.tpotMeanMs, ms),
          spread(entry.e2eP99Ms, ms),
          spread(entry.rejectedRatio, (value) => percent(value, 2)),
        ];
      }),
    ),
  );
  return [
    textTable(
      [
        "setting (simulated)",
        "seeds",
        "attained of all sent",
        "against the first",
        "goodput req/s",
        "per 1,000 tokens",
        "kWh",
        "residency violations",
      ],
      rows,
    ),
    ...details,
    `${outcomes.length} of ${cases} cases; ± is the 95 % confidence interval over seeds (Student's t)`,
    ...failures.map(({ id, failure }) => `failed: ${id}: ${failure}`),
  ].join("\n\n");
}

function spread(value: Interval | null, show: (value: number) => string): string {
  if (value === null) return "–";
  return value.halfWidth === null ? show(value.mean) : `${show(value.mean)} ± ${show(value.halfWidth)}`;
}

export function sweepTables({ settings, outcomes }: SweepReport): Table[] {
  const measures = [
    "attainmentOfArrivedRatio",
    "ttftP50Ms",
    "ttftP99Ms",
    "tpotMeanMs",
    "e2eP50Ms",
    "e2eP99Ms",
    "rejectedRatio",
  ] as const;
  return [
    {
      name: "settings",
      head: ["setting", "workload", "seeds", ...measures.flatMap((name) => [name, `${name}HalfWidth`])],
      rows: settings.flatMap(({ setting, seeds, summary }) =>
        summary.workloads.map((entry): Cell[] => [
          setting,
          entry.workload,
          seeds,
          ...measures.flatMap((name) => [entry[name]?.mean ?? null, entry[name]?.halfWidth ?? null]),
        ]),
      ),
    },
    {
      name: "cases",
      head: [
        "setting",
        "seed",
        "workload",
        "arrived",
        "completed",
        "rejected",
        "attainmentOfArrivedRatio",
        "ttftP50Ms",
        "ttftP99Ms",
        "tpotMeanMs",
        "e2eP50Ms",
        "e2eP99Ms",
        "outputTokens",
        "usdPer1000OutputTokens",
        "energyKwh",
        "residencyViolations",
      ],
      rows: outcomes.flatMap(({ setting, seed, record }) =>
        record.workloads.map((entry): Cell[] => [
          setting,
          seed,
          entry.workload,
          entry.arrived,
          entry.completed,
          entry.rejected,
          entry.attainmentOfArrivedRatio,
          entry.ttftMs.p50,
          entry.ttftMs.p99,
          entry.tpotMs.mean,
          entry.e2eMs.p50,
          entry.e2eMs.p99,
          entry.outputTokens,
          record.money.usdPer1000OutputTokens,
          record.energyKwh,
          record.residencyViolations,
        ]),
      ),
    },
  ];
}
