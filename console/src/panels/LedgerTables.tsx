import { useMemo } from "react";
import { count, nanoUsd, percent, shortCount, smallUsd } from "../model/format.ts";
import type { LedgerRow, TimeBar } from "../model/ledger.ts";
import { DataTable, type TableColumn } from "../ui/DataTable.tsx";

/** Sums of one grouping, sorted by what was charged. */
export function LedgerTable(props: {
  readonly caption: string;
  /** Heading of the first column. */
  readonly of: string;
  readonly rows: readonly LedgerRow[];
  readonly onOpen?: (row: LedgerRow) => void;
}) {
  const columns = useMemo(
    () => [{ id: "name", title: props.of, value: (row: LedgerRow) => row.name }, ...measures],
    [props.of],
  );
  return (
    <DataTable
      caption={props.caption}
      columns={columns}
      rows={props.rows}
      rowId={(row) => row.id}
      sort={{ id: "charged", desc: true }}
      {...(props.onOpen && { onOpen: props.onOpen })}
    />
  );
}

const measures: readonly TableColumn<LedgerRow>[] = [
  {
    id: "charged",
    title: "Charged",
    numeric: true,
    value: (row) => row.chargeNanoUsd,
    cell: (row) => nanoUsd(row.chargeNanoUsd),
  },
  {
    id: "input",
    title: "Tokens in",
    numeric: true,
    value: (row) => row.inputTokens,
    cell: (row) => shortCount(row.inputTokens),
  },
  {
    id: "output",
    title: "Tokens out",
    numeric: true,
    value: (row) => row.outputTokens,
    cell: (row) => shortCount(row.outputTokens),
  },
  {
    id: "attempts",
    title: "Attempts",
    numeric: true,
    value: (row) => row.attempts,
    cell: (row) => count(row.attempts),
  },
  {
    id: "failed",
    title: "Failed",
    numeric: true,
    value: (row) => row.failedRatio,
    cell: (row) => <span className={row.failed > 0 ? "bad-text" : "muted"}>{percent(row.failedRatio)}</span>,
  },
];

/** The chart over time as figures. */
export function TimeTable({ bars, step }: { readonly bars: readonly TimeBar[]; readonly step: "hour" | "day" }) {
  const columns = useMemo(
    (): TableColumn<TimeBar>[] => [
      {
        id: "time",
        title: step === "hour" ? "Hour (UTC)" : "Day (UTC)",
        value: (bar) => bar.epochMs,
        cell: (bar) => bar.label,
      },
      ...timeMeasures,
    ],
    [step],
  );
  return (
    <DataTable
      caption={`By ${step}`}
      columns={columns}
      rows={bars}
      rowId={(bar) => String(bar.epochMs)}
      sort={{ id: "time", desc: true }}
    />
  );
}

const timeMeasures: readonly TableColumn<TimeBar>[] = [
  {
    id: "charged",
    title: "Charged",
    numeric: true,
    value: (bar) => bar.chargeUsd,
    cell: (bar) => smallUsd(bar.chargeUsd),
  },
  {
    id: "attempts",
    title: "Attempts",
    numeric: true,
    value: (bar) => bar.attempts,
    cell: (bar) => count(bar.attempts),
  },
  { id: "failed", title: "Failed", numeric: true, value: (bar) => bar.failed, cell: (bar) => count(bar.failed) },
];
