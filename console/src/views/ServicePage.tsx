import { useCallback } from "react";
import type { SimulationResult } from "../../../src/simulate/index.ts";
import { Chart } from "../charts/Chart.tsx";
import type { ChartTheme } from "../charts/chart-theme.ts";
import { attainmentOverTimeOption, latencyOption } from "../charts/service-options.ts";
import type { Resource } from "../data/resource.ts";
import type { Board } from "../model/board.ts";
import { faultTexts } from "../model/faults.ts";
import { count, counted, milliseconds, percent } from "../model/format.ts";
import { refusalName } from "../model/names.ts";
import { AgreementTable } from "../panels/AgreementTable.tsx";
import { AreaHoursCard } from "../panels/AreaHoursCard.tsx";
import { AttainmentTable, SimulationNotice } from "../panels/AttainmentCard.tsx";
import { SiteTimelineCard } from "../panels/SiteTimelineCard.tsx";

export default function ServicePage(props: { readonly board: Board; readonly simulation: Resource<SimulationResult> }) {
  return (
    <div className="page">
      <header className="page-head">
        <h2>Service</h2>
        <p className="muted">How the plan holds when traffic is played against it, with the same routing policy.</p>
      </header>
      {props.simulation.state === "ready" ? (
        <Simulated board={props.board} result={props.simulation.value} />
      ) : (
        <SimulationNotice board={props.board} simulation={props.simulation} />
      )}
    </div>
  );
}

function Simulated({ board, result }: { readonly board: Board; readonly result: SimulationResult }) {
  const latency = useCallback((theme: ChartTheme) => latencyOption(theme, board, result), [board, result]);
  const overTime = useCallback((theme: ChartTheme) => attainmentOverTimeOption(theme, board, result), [board, result]);
  const { requests, options, agreement } = result;
  const faults = faultTexts(board, result);
  return (
    <>
      <p className="muted">
        Simulated, not measured: {count(requests.arrived)} requests in {counted(result.simulatedS / 60, "minute")} from{" "}
        {String(Math.floor(options.startHourUtc)).padStart(2, "0")}:00 UTC, seed {options.seed}.{" "}
        {count(requests.completed)} completed, {count(requests.rejected)} rejected, {count(requests.inFlight)} under way
        at the end. {percent(agreement.movedRatio)} of the planned requests were served elsewhere than planned.{" "}
        {result.residencyViolations === 0
          ? "No request left its residency set."
          : `${count(result.residencyViolations)} requests left their residency set.`}
      </p>
      {faults.length > 0 && <p>What went wrong in it: {faults.join("; ")}.</p>}
      <div className="page-grid">
        <div className="card">
          <h3>First token: quantiles and budgets</h3>
          <Chart
            option={latency}
            label="First-token quantiles per workload with budget lines; the table below holds the figures"
            height={300}
          />
        </div>
        <div className="card">
          <h3>
            Within all budgets, over time <span className="muted">of the requests completed</span>
          </h3>
          <Chart option={overTime} label="Share of requests within all budgets over the simulated time" height={300} />
        </div>
        <div className="card">
          <h3>First token within budget, by tier</h3>
          <AttainmentTable board={board} result={result} />
        </div>
        <div className="card">
          <h3>
            Refused <span className="muted">of the requests sent</span>
          </h3>
          <Refusals board={board} result={result} />
        </div>
        <div className="card wide">
          <h3>
            Site by site, over time <span className="muted">within all budgets, of the requests completed</span>
          </h3>
          <SiteTimelineCard board={board} result={result} />
        </div>
        <div className="card wide">
          <h3>
            Area by area, hour by hour <span className="muted">within all budgets, of the requests sent</span>
          </h3>
          <AreaHoursCard board={board} result={result} />
        </div>
        <div className="card wide">
          <h3>
            Planned and simulated <span className="muted">requests by site</span>
          </h3>
          <AgreementTable board={board} result={result} />
        </div>
        <div className="card wide">
          <h3>Latency as the user sees it</h3>
          <LatencyTable board={board} result={result} />
        </div>
      </div>
    </>
  );
}

function Refusals({ board, result }: { readonly board: Board; readonly result: SimulationResult }) {
  const rows = result.workloads.flatMap(({ workload, arrived, rejections }) =>
    rejections.map(({ reason, count: refused }) => ({ workload, reason, refused, ratio: refused / arrived })),
  );
  if (rows.length === 0) return <p className="muted">None: every request found an engine.</p>;
  return (
    <>
      <ul className="plain-list">
        {rows.map(({ workload, reason, refused, ratio }) => (
          <li key={`${workload} ${reason}`}>
            <span>
              {board.workloads.find(({ id }) => id === workload)?.name ?? workload}
              <span className="muted"> · {refusalName(reason)}</span>
            </span>
            <span className="figure">
              {percent(ratio)} <span className="muted">{count(refused)}</span>
            </span>
          </li>
        ))}
      </ul>
      {board.plan.unserved.length > 0 && (
        <p className="muted small">
          As the engines that stand refuse it; why the plan has no others is on the page Unserved.
        </p>
      )}
    </>
  );
}

function LatencyTable({ board, result }: { readonly board: Board; readonly result: SimulationResult }) {
  return (
    <div className="table-scroll" tabIndex={0} role="region" aria-label="Latency quantiles">
      <table className="compact">
        <thead>
          <tr>
            <th scope="col">Workload</th>
            {["p50", "p90", "p95", "p99"].map((name) => (
              <th key={name} scope="col" className="numeric">
                {name}
              </th>
            ))}
            <th scope="col" className="numeric">
              Per token, p95
            </th>
            <th scope="col" className="numeric">
              Whole answer, p95
            </th>
            <th scope="col" className="numeric">
              Rejected
            </th>
          </tr>
        </thead>
        <tbody>
          {board.workloads.map((workload) => {
            const measured = result.workloads.find((entry) => entry.workload === workload.id);
            if (!measured) return null;
            const { p50, p90, p95, p99 } = measured.ttftMs;
            return (
              <tr key={workload.id}>
                <td>
                  {workload.name} <span className="muted">{milliseconds(workload.budgetMs)}</span>
                </td>
                {[p50, p90, p95, p99].map((value, index) => (
                  <td key={index} className="numeric">
                    {milliseconds(value)}
                  </td>
                ))}
                <td className="numeric">{milliseconds(measured.tpotMs.p95)}</td>
                <td className="numeric">{milliseconds(measured.e2eMs.p95)}</td>
                <td className="numeric">
                  {percent(measured.arrived > 0 ? measured.rejected / measured.arrived : null)}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
