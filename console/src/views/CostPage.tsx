import { useCallback } from "react";
import type { CostBreakdown } from "../../../src/finance/index.ts";
import type { PeriodReturn } from "../../../src/plan/index.ts";
import { Chart } from "../charts/Chart.tsx";
import type { ChartTheme } from "../charts/chart-theme.ts";
import { tierCostOption } from "../charts/cost-options.ts";
import { useJson } from "../data/resource.ts";
import type { Board } from "../model/board.ts";
import { count, percent, usd, usdPerYear } from "../model/format.ts";
import { itemColor, itemName, tierNames } from "../model/names.ts";
import { ReturnCard } from "../panels/ReturnCard.tsx";
import { Notice } from "../ui/Notice.tsx";

export default function CostPage({ board }: { readonly board: Board }) {
  const { cost } = board.plan;
  if (!cost) return <Notice title="No cost.">The scenario is infeasible, so there is no plan to pay for.</Notice>;
  return <Costs board={board} cost={cost} />;
}

function Costs({ board, cost }: { readonly board: Board; readonly cost: CostBreakdown }) {
  const option = useCallback((theme: ChartTheme) => tierCostOption(theme, cost), [cost]);
  const { world, plan } = board;
  const returns = useJson<readonly PeriodReturn[]>("/console/returns.json");
  const share = (value: number) => percent(cost.totalUsdPerYear > 0 ? value / cost.totalUsdPerYear : null);
  return (
    <div className="page">
      <header className="page-head">
        <h2>Cost</h2>
        <p className="muted">
          {usdPerYear(cost.totalUsdPerYear)}, annuities included; {usd(cost.capex.totalUsd)} to be invested once.
        </p>
      </header>
      <div className="page-grid">
        <div className="card wide">
          <h3>
            By tier <span className="muted">penalties for unserved demand belong to no tier</span>
          </h3>
          <Chart
            option={option}
            label="Cost per year by tier, stacked by item; the tables beside it hold the figures"
            height={240}
          />
        </div>
        <div className="card">
          <h3>By item</h3>
          <table className="compact">
            <thead>
              <tr>
                <th scope="col">Item</th>
                <th scope="col" className="numeric">
                  USD per year
                </th>
                <th scope="col" className="numeric">
                  Share
                </th>
              </tr>
            </thead>
            <tbody>
              {board.costByItem.map((entry) => (
                <tr key={entry.key}>
                  <td>
                    <span className="with-mark">
                      <span className="swatch" style={{ background: itemColor(entry.key) }} aria-hidden="true" />
                      {itemName(entry.key)}
                    </span>
                  </td>
                  <td className="numeric">{usd(entry.usdPerYear)}</td>
                  <td className="numeric muted">{share(entry.usdPerYear)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
        <div className="card">
          <h3>By tier and chip</h3>
          <table className="compact">
            <thead>
              <tr>
                <th scope="col">What</th>
                <th scope="col" className="numeric">
                  Count
                </th>
                <th scope="col" className="numeric">
                  USD per year
                </th>
              </tr>
            </thead>
            <tbody>
              {cost.byTier.map((entry) => (
                <tr key={entry.tier}>
                  <td>{tierNames[entry.tier]} sites</td>
                  <td className="numeric">{count(board.openByTier[entry.tier])}</td>
                  <td className="numeric">{usd(entry.usdPerYear)}</td>
                </tr>
              ))}
              {cost.byModule.map((entry) => (
                <tr key={entry.module}>
                  <td>{world.modules[entry.module]!.name}</td>
                  <td className="numeric">{count(entry.count)}</td>
                  <td className="numeric">{usd(entry.usdPerYear)}</td>
                </tr>
              ))}
            </tbody>
          </table>
          <p className="muted small">
            Fixed costs of sites belong to no chip; the rows of chips add up to less than the total.
          </p>
        </div>
        {returns.state === "ready" && <ReturnCard board={board} returns={returns.value} />}
        <Comparison board={board} objectiveUsd={plan.objectiveUsdPerYear} />
      </div>
    </div>
  );
}

function Comparison({ board, objectiveUsd }: { readonly board: Board; readonly objectiveUsd: number | null }) {
  const { centralised } = board.plan.alternatives;
  if (!centralised || objectiveUsd === null) return null;
  const penalty = board.plan.cost?.byItem.unserved ?? 0;
  return (
    <div className="card wide">
      <h3>Against the core alone</h3>
      {board.plan.verdict && <p>{board.plan.verdict.sentence}</p>}
      <table className="compact">
        <thead>
          <tr>
            <th scope="col">Per year</th>
            <th scope="col" className="numeric">
              This plan
            </th>
            <th scope="col" className="numeric">
              Centralised
            </th>
          </tr>
        </thead>
        <tbody>
          <tr>
            <td>Cost, penalties included</td>
            <td className="numeric">{usd(objectiveUsd)}</td>
            <td className="numeric">{usd(centralised.objectiveUsdPerYear)}</td>
          </tr>
          <tr>
            <td>Of it penalties for unserved demand</td>
            <td className="numeric">{usd(penalty)}</td>
            <td className="numeric">{usd(centralised.unservedUsdPerYear)}</td>
          </tr>
          <tr>
            <td>Peak demand served</td>
            <td className="numeric">{percent(board.servedRatio)}</td>
            <td className="numeric">{percent(centralised.servedRatio)}</td>
          </tr>
          {board.workloads.map((workload) => (
            <tr key={workload.id}>
              <td>{workload.name} served</td>
              <td className="numeric">{percent(workload.servedRatio)}</td>
              <td className="numeric">
                {percent(centralised.servedByWorkload.find((entry) => entry.workload === workload.id)?.servedRatio)}
              </td>
            </tr>
          ))}
          {centralised.openSites.map(({ tier, count: sites }) => (
            <tr key={tier}>
              <td>{tierNames[tier]} sites</td>
              <td className="numeric">{count(board.openByTier[tier])}</td>
              <td className="numeric">{count(sites)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
