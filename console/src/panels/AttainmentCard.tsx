import { tiers } from "../../../src/catalog/index.ts";
import { showView } from "../app/view-state.ts";
import type { Resource } from "../data/resource.ts";
import type { SimulationResult } from "../../../src/simulate/index.ts";
import type { Board } from "../model/board.ts";
import { milliseconds } from "../model/format.ts";
import { tierNames } from "../model/names.ts";
import { attainmentGrid } from "../model/attainment.ts";
import { isFirstPeriod } from "../model/period.ts";
import { Notice } from "../ui/Notice.tsx";

/** Share of requests within their first-token budget, by workload and tier. */
export function AttainmentCard({
  board,
  simulation,
}: {
  readonly board: Board;
  readonly simulation: Resource<SimulationResult>;
}) {
  return (
    <div className="card">
      <h3>
        First token within budget
        <button type="button" className="link" onClick={() => showView({ view: "service" })}>
          Details
        </button>
      </h3>
      {simulation.state === "ready" ? (
        <AttainmentTable board={board} result={simulation.value} />
      ) : (
        <SimulationNotice board={board} simulation={simulation} />
      )}
    </div>
  );
}

export function SimulationNotice(props: { readonly board: Board; readonly simulation: Resource<SimulationResult> }) {
  const { board, simulation } = props;
  if (simulation.state === "loading") return <p className="muted">Loading the simulation …</p>;
  if (simulation.state === "failed")
    return <Notice title="The simulation could not be loaded.">{simulation.message}</Notice>;
  if (!isFirstPeriod(board.plan))
    return <Notice title="This period was not simulated.">Traffic was played against the first period only.</Notice>;
  return (
    <Notice title="Not simulated yet.">
      <code>disperse simulate plan.json --out result.json</code> plays an hour of traffic against this plan;{" "}
      <code>disperse serve plan.json --simulation result.json</code> shows here what came of it.
    </Notice>
  );
}

export function AttainmentTable({ board, result }: { readonly board: Board; readonly result: SimulationResult }) {
  const grid = attainmentGrid(board, result);
  return (
    <table className="attainment">
      <caption className="visually-hidden">Simulated share of requests whose first token came within budget</caption>
      <thead>
        <tr>
          <th scope="col">Workload</th>
          {tiers.map((tier) => (
            <th key={tier} scope="col">
              {tierNames[tier]}
            </th>
          ))}
          <th scope="col">All</th>
        </tr>
      </thead>
      <tbody>
        {grid.map((row) => (
          <tr key={row.workload.id}>
            <th scope="row">
              {row.workload.name} <span className="muted">{milliseconds(row.workload.budgetMs)}</span>
            </th>
            {[...row.byTier, row.all].map((cell, index) => (
              <td key={tiers[index] ?? "all"}>
                {cell === null ? (
                  <span className="muted">–</span>
                ) : (
                  <span className={`cell ${cell.met ? "good" : "bad"}`}>
                    {(cell.ratio * 100).toFixed(1)} %
                    <span className="visually-hidden">{cell.met ? " (target met)" : " (target missed)"}</span>
                  </span>
                )}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
