import { useMemo } from "react";
import type { SimulationResult } from "../../../src/simulate/index.ts";
import { showView } from "../app/view-state.ts";
import type { ShownDrain } from "../data/use-drains.ts";
import type { Resource } from "../data/resource.ts";
import { siteCosts, type Board, type SiteView } from "../model/board.ts";
import {
  count,
  counted,
  distance,
  milliseconds,
  percent,
  perSecond,
  roundPercent,
  power,
  traffic,
  usd,
  usdPerYear,
} from "../model/format.ts";
import { itemColor, itemName, tierNames } from "../model/names.ts";
import { usePolicy } from "../model/use-policy.ts";
import { whyOpen } from "../model/why-open.ts";
import { DrainsCard } from "./DrainsCard.tsx";
import { CloseButton } from "../ui/CloseButton.tsx";
import { Meter } from "../ui/Meter.tsx";
import { StackedBar } from "../ui/StackedBar.tsx";
import { TierMark } from "../ui/TierMark.tsx";

/** Everything about one site. */
export function SitePanel(props: {
  readonly board: Board;
  readonly view: SiteView;
  readonly simulation: Resource<SimulationResult>;
  readonly drains: readonly ShownDrain[];
}) {
  const { board, view, simulation, drains } = props;
  const { site } = view;
  const owner = board.world.owners[site.owner];
  return (
    <section className="panel site-panel" aria-label={`Site ${site.name}`} data-testid="site-panel">
      <header className="panel-head">
        <div>
          <h2>
            <TierMark tier={site.tier} size={14} /> {site.name}
          </h2>
          <p className="muted">
            {tierNames[site.tier]} site · {site.country}
            {owner && ` · ${owner.id}`}
          </p>
        </div>
        <CloseButton label="Close the site" onClick={() => showView({ site: null })} />
      </header>
      <DrainsCard board={board} drains={drains} />
      {view.open ? (
        <OpenSite board={board} view={view} usage={usageOf(simulation)} />
      ) : (
        <p className="card">{closedText(view)}</p>
      )}
    </section>
  );
}

function closedText({ site }: SiteView): string {
  return site.status === "forbidden"
    ? "The scenario forbids opening this site."
    : `A candidate the plan does not open. Opening it would cost ${usd(site.openingCapexUsd)} once and ${usdPerYear(site.fixedOpexUsdPerYear)} to keep.`;
}

/** Simulated share of time the accelerators of a pool were busy, by the pool's id. */
function usageOf(simulation: Resource<SimulationResult>): ReadonlyMap<string, number> {
  if (simulation.state !== "ready") return new Map();
  return new Map(simulation.value.pools.map(({ pool, utilization }) => [pool, utilization]));
}

function OpenSite(props: {
  readonly board: Board;
  readonly view: SiteView;
  readonly usage: ReadonlyMap<string, number>;
}) {
  const { board, view, usage } = props;
  const tools = usePolicy(board);
  const reasons = useMemo(() => whyOpen(board, view, tools), [board, view, tools]);
  const costs = useMemo(() => siteCosts(board, view), [board, view]);
  return (
    <>
      <dl className="facts">
        <div>
          <dt>Cost</dt>
          <dd>{usdPerYear(view.usdPerYear)}</dd>
        </div>
        <div>
          <dt>Peak load</dt>
          <dd>{perSecond(view.peakPerS)}</dd>
        </div>
        <div>
          <dt>Power</dt>
          <dd>
            {power(view.powerKw)} <span className="muted">of {power(view.powerLimitKw)}</span>
            <Meter ratio={view.powerKw / view.powerLimitKw} label="Power used of the limit" />
          </dd>
        </div>
        <div>
          <dt>Egress</dt>
          <dd>
            {traffic(view.egressGbps)} <span className="muted">of {traffic(view.site.portGbps)}</span>
            <Meter ratio={view.egressGbps / view.site.portGbps} label="Egress used of the ports" />
          </dd>
        </div>
      </dl>
      <div className="card">
        <h3>Why it is open</h3>
        <ul className="reasons">
          {reasons.map((reason) => (
            <li key={reason}>{reason}</li>
          ))}
        </ul>
      </div>
      <div className="card">
        <h3>
          Modules{" "}
          <span className="muted">
            {counted(view.accelerators, "accelerator")}
            {usage.size > 0 && ", use simulated"}
          </span>
        </h3>
        <ul className="plain-list wrapping">
          {view.modules.map((module) => (
            <li key={module.id}>
              <span>{module.name}</span>
              <span className="figure">
                {module.count > 0 && `${count(module.count)} × inference`}
                {module.count > 0 && module.trainingCount > 0 && ", "}
                {module.trainingCount > 0 && `${count(module.trainingCount)} × training`}
                {usage.has(module.id) && module.count > 0 && (
                  <span className="muted"> · {roundPercent(usage.get(module.id))} busy</span>
                )}
              </span>
            </li>
          ))}
        </ul>
      </div>
      {view.loads.length > 0 && (
        <div className="card">
          <h3>Traffic it takes</h3>
          <table className="compact">
            <thead>
              <tr>
                <th scope="col">Workload</th>
                <th scope="col" className="numeric">
                  Peak
                </th>
                <th scope="col" className="numeric">
                  Areas
                </th>
                <th scope="col" className="numeric">
                  Farthest
                </th>
              </tr>
            </thead>
            <tbody>
              {view.loads.map((load) => (
                <tr key={load.workload}>
                  <td>
                    {board.world.workloads[load.workload]!.name}
                    <span className="muted">
                      {" "}
                      · {milliseconds(board.world.workloads[load.workload]!.ttft.budgetMs)}
                    </span>
                  </td>
                  <td className="numeric">{perSecond(load.peakPerS)}</td>
                  <td className="numeric">{count(load.areas)}</td>
                  <td className="numeric">{distance(load.farthestKm)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <div className="card">
        <h3>Cost per year</h3>
        <StackedBar
          parts={costs.map((share) => ({
            key: share.key,
            label: itemName(share.key),
            value: share.usdPerYear,
            color: itemColor(share.key),
          }))}
          format={usd}
        />
      </div>
      {view.flows.length > 0 && (
        <div className="card">
          <h3>
            Largest flows <span className="muted">of {count(view.flows.length)}</span>
          </h3>
          <ul className="plain-list">
            {view.flows.slice(0, 8).map((flow) => (
              <li key={`${flow.row}/${flow.peakPerS}`}>
                <span>
                  {board.world.areas[flow.area]!.name}
                  <span className="muted"> · {board.world.workloads[flow.workload]!.name}</span>
                </span>
                <span className="figure">
                  {perSecond(flow.peakPerS)} <span className="muted">{distance(flow.km)}</span>
                </span>
              </li>
            ))}
          </ul>
          <p className="muted small">{percent(flowShare(view))} of the load of this site comes from these.</p>
        </div>
      )}
    </>
  );
}

function flowShare(view: SiteView): number {
  const shown = view.flows.slice(0, 8).reduce((sum, flow) => sum + flow.peakPerS, 0);
  return view.peakPerS > 0 ? shown / view.peakPerS : 0;
}
