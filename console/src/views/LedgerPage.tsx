import { useCallback, useMemo, useState } from "react";
import type { LedgerReport, ReportPart, ReportSums } from "../../../src/serve/index.ts";
import { showView } from "../app/view-state.ts";
import { Chart } from "../charts/Chart.tsx";
import type { ChartTheme } from "../charts/chart-theme.ts";
import { chargeOverTimeOption } from "../charts/ledger-options.ts";
import { useRefreshed } from "../data/refreshed.ts";
import type { Board } from "../model/board.ts";
import { count, nanoUsd, percent, shortCount, timeOfDay } from "../model/format.ts";
import { kindsIn, partOf, rowsOf, spanOf, spans, timeBars } from "../model/ledger.ts";
import { LedgerTable, TimeTable } from "../panels/LedgerTables.tsx";
import { Notice } from "../ui/Notice.tsx";
import { Segmented } from "../ui/Segmented.tsx";

const refreshMs = 5_000;

/** What was asked, answered and charged, from the ledger's roll-ups; no request of anybody is shown. */
export default function LedgerPage({ board, span }: { readonly board: Board; readonly span: string | null }) {
  const { resource, trouble } = useRefreshed<LedgerReport>("/console/ledger.json", refreshMs);
  return (
    <div className="page">
      <header className="page-head">
        <h2>Ledger</h2>
        {resource.state === "ready" && <Freshness report={resource.value} trouble={trouble} />}
      </header>
      {resource.state === "loading" && <p className="muted">Loading …</p>}
      {resource.state === "missing" && (
        <Notice title="There is no ledger here.">A running gateway keeps one: disperse serve plan.json.</Notice>
      )}
      {resource.state === "failed" && <Notice title="The ledger could not be read.">{resource.message}</Notice>}
      {resource.state === "ready" && <Report board={board} report={resource.value} span={span} />}
    </div>
  );
}

function Freshness({ report, trouble }: { readonly report: LedgerReport; readonly trouble: string | null }) {
  const asOf = `As of ${timeOfDay(report.asOfEpochMs)} UTC`;
  if (trouble !== null) {
    return (
      <p className="bad-text" role="status">
        {asOf}; it cannot be read any more: {trouble}
      </p>
    );
  }
  return (
    <p className="muted">
      {asOf}, read anew every {refreshMs / 1000} s
      {report.unsavedRows > 0 ? `; ${count(report.unsavedRows)} attempts are on their way into it` : ""}.
    </p>
  );
}

function Report(props: { readonly board: Board; readonly report: LedgerReport; readonly span: string | null }) {
  const { board, report } = props;
  const span = spanOf(props.span);
  const kinds = kindsIn(report);
  const [wanted, setWanted] = useState<"real" | "emulated">("real");
  const emulated = wanted === "emulated" || !kinds.real;
  const part = partOf(report, span, emulated && kinds.emulated);
  if (!kinds.real && !kinds.emulated) {
    return <Notice title="Nothing is in the ledger yet.">Every attempt at an engine is written down once.</Notice>;
  }
  return (
    <>
      <div className="choices">
        <Segmented
          label="Span"
          value={span}
          options={spans.map(({ id, name }) => ({ value: id, label: name }))}
          onChange={(id) => showView({ span: id === spanOf(null) ? null : id })}
        />
        {kinds.real && kinds.emulated && (
          <Segmented
            label="Engines"
            value={emulated ? "emulated" : "real"}
            options={[
              { value: "real", label: "Real engines" },
              { value: "emulated", label: "Emulated" },
            ]}
            onChange={setWanted}
          />
        )}
      </div>
      {emulated && (
        <p className="muted">
          These attempts went to emulated engines: their charges show what the prices would come to; nobody owes them.
        </p>
      )}
      {part === null ? (
        <Notice title={`Nothing happened in ${spans.find(({ id }) => id === span)!.words}.`} />
      ) : (
        <Sums board={board} report={report} part={part} />
      )}
    </>
  );
}

function Sums(props: { readonly board: Board; readonly report: LedgerReport; readonly part: ReportPart }) {
  const { board, report, part } = props;
  const bars = useMemo(() => timeBars(report, part), [report, part]);
  const option = useCallback((theme: ChartTheme) => chargeOverTimeOption(theme, bars), [bars]);
  const table = (grouping: Parameters<typeof rowsOf>[2]) => rowsOf(board, part, grouping);
  const step = part.span === "day" ? "hour" : "day";
  return (
    <>
      <Figures totals={part.totals} />
      <div className="page-grid">
        <div className="card wide">
          <h3>
            {bars.some(({ chargeUsd }) => chargeUsd > 0) ? "Charged" : "Attempts"} by {step}{" "}
            <span className="muted">UTC</span>
          </h3>
          <Chart
            option={option}
            label={`Charges or attempts by ${step}; the table below holds the figures`}
            height={200}
          />
          <details>
            <summary>As a table</summary>
            <TimeTable bars={bars} step={step} />
          </details>
        </div>
        <div className="card">
          <h3>By tenant</h3>
          {report.accountsShown ? (
            <LedgerTable caption="By tenant" of="Account" rows={table("account")} />
          ) : (
            <p className="muted">Not shown: this console is open to everyone who connects.</p>
          )}
        </div>
        <div className="card">
          <h3>By model</h3>
          <LedgerTable caption="By model" of="Model" rows={table("model")} />
        </div>
        <div className="card">
          <h3>By workload</h3>
          <LedgerTable caption="By workload" of="Workload" rows={table("workload")} />
        </div>
        <div className="card">
          <h3>
            By owner <span className="muted">of the site that answered</span>
          </h3>
          <LedgerTable caption="By owner" of="Owner" rows={table("owner")} />
        </div>
        <div className="card wide">
          <h3>By site</h3>
          <LedgerTable
            caption="By site"
            of="Site"
            rows={table("site")}
            onOpen={(row) => showView({ view: "map", site: row.id })}
          />
        </div>
      </div>
    </>
  );
}

function Figures({ totals }: { readonly totals: ReportSums }) {
  const { attempts, failed, cached, inputTokens, cachedTokens, outputTokens } = totals;
  const figures: readonly (readonly [string, string, string])[] = [
    ["Charged", nanoUsd(totals.chargeNanoUsd), `egress cost ${nanoUsd(totals.egressNanoUsd)}`],
    ["Attempts", shortCount(attempts), `${count(cached)} of them from the cache`],
    ["Failed", percent(attempts > 0 ? failed / attempts : null), `${count(failed)} attempts`],
    ["Tokens in", shortCount(inputTokens), `${percent(inputTokens > 0 ? cachedTokens / inputTokens : null)} cached`],
    ["Tokens out", shortCount(outputTokens), `${shortCount(totals.responseBytes)} bytes sent`],
  ];
  return (
    <dl className="figures">
      {figures.map(([name, value, note]) => (
        <div key={name} className="card">
          <dt className="muted">{name}</dt>
          <dd className="large">{value}</dd>
          <dd className="muted small">{note}</dd>
        </div>
      ))}
    </dl>
  );
}
