import { useCallback, useMemo } from "react";
import { tiers } from "../../../src/catalog/index.ts";
import type { PlanDocument } from "../../../src/plan/index.ts";
import { Chart } from "../charts/Chart.tsx";
import type { ChartTheme } from "../charts/chart-theme.ts";
import { gapOption, investmentOption } from "../charts/plan-options.ts";
import type { Board } from "../model/board.ts";
import { count, percent, power, traffic, usd, usdApart, usdPerYear } from "../model/format.ts";
import { investments, type PeriodInvestment } from "../model/investment.ts";
import { nearestLimits, type LimitView } from "../model/limits.ts";
import { tierNames } from "../model/names.ts";
import { Studies } from "../panels/Studies.tsx";
import { Meter } from "../ui/Meter.tsx";
import { Notice } from "../ui/Notice.tsx";

/** How the plan was found, when its money is spent, what limits it, and what else was asked about it. */
export default function PlanPage({ board }: { readonly board: Board }) {
  const { plan } = board;
  const end = endOfSearch(plan);
  const [found, proven] = usdApart(end.incumbentUsd, end.boundUsd);
  const periods = useMemo(() => investments(plan), [plan]);
  return (
    <div className="page">
      <header className="page-head">
        <h2>Plan</h2>
        <p className="muted">
          {count(plan.search.rows)} rows, {count(plan.search.arcs)} arcs, {plan.method}; {proven} proven of {found}
          {plan.horizon ? ", the present value of all periods" : ""}.
        </p>
      </header>
      <div className="page-grid">
        <Search board={board} />
        <Investment periods={periods} />
        <Limits limits={nearestLimits(plan)} />
        <Studies />
      </div>
    </div>
  );
}

/** The cost of the plan and what is proven of it: of a year, or the present value of all periods. */
function endOfSearch({ horizon, objectiveUsdPerYear, bestBoundUsdPerYear }: PlanDocument) {
  return horizon
    ? { incumbentUsd: horizon.presentCostUsd, boundUsd: horizon.boundUsd }
    : { incumbentUsd: objectiveUsdPerYear, boundUsd: bestBoundUsdPerYear };
}

function Search({ board: { plan } }: { readonly board: Board }) {
  const { search, relativeGap, horizon } = plan;
  // Not what the search had last: to live through losses, say, a plan may have had to become dearer.
  const end = useMemo(() => endOfSearch(plan), [plan]);
  const option = useCallback((theme: ChartTheme) => gapOption(theme, search, end), [search, end]);
  const [found, proven] = usdApart(end.incumbentUsd, end.boundUsd);
  return (
    <div className="card">
      <h3>
        The search <span className="muted">{percent(relativeGap)} left unproven</span>
      </h3>
      {search.curve.length === 0 ? (
        <Notice title="The document holds no curve of the search." />
      ) : (
        <>
          <Chart
            option={option}
            label="Cost of the best plan found and of what is proven, over the time of the search"
            height={240}
          />
          <p className="muted small">
            After {search.seconds.toFixed(1)} s: {found} found, {proven} proven
            {horizon ? ", as present value of all periods" : ""}; {percent(search.askedGap)} was asked for.
          </p>
        </>
      )}
    </div>
  );
}

function Investment({ periods }: { readonly periods: readonly PeriodInvestment[] }) {
  const option = useCallback((theme: ChartTheme) => investmentOption(theme, periods), [periods]);
  return (
    <div className="card">
      <h3>
        Investment <span className="muted">paid once, by tier</span>
      </h3>
      <Chart option={option} label="Capital per period by tier; the table below holds the figures" height={240} />
      <div className="table-scroll" tabIndex={0} role="region" aria-label="Investment by period">
        <table className="compact">
          <thead>
            <tr>
              <th scope="col">Period</th>
              {tiers.map((tier) => (
                <th key={tier} scope="col" className="numeric">
                  {tierNames[tier]}
                </th>
              ))}
              <th scope="col" className="numeric">
                Per year
              </th>
              <th scope="col">In service</th>
            </tr>
          </thead>
          <tbody>
            {periods.map((entry) => (
              <tr key={entry.period}>
                <td>{entry.period}</td>
                {tiers.map((tier) => (
                  <td key={tier} className="numeric">
                    {usd(entry.capexByTier[tier])}
                  </td>
                ))}
                <td className="numeric">{usdPerYear(entry.usdPerYear)}</td>
                <td>
                  {entry.chips.map(({ chip, accelerators }) => `${count(accelerators)} × ${chip}`).join(", ") || "–"}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}

/** Limits listed; thousands of sites may be full. */
const listedLimits = 12;

function Limits({ limits }: { readonly limits: readonly LimitView[] }) {
  const amount = (value: number, { unit }: LimitView): string => {
    if (unit === "kW") return power(value);
    if (unit === "Gbit/s") return traffic(value);
    return unit === "USD" ? usd(value) : count(value);
  };
  return (
    <div className="card wide">
      <h3>
        Nearest limits{" "}
        <span className="muted">
          {limits.length > listedLimits
            ? `the fullest ${listedLimits} of ${count(limits.length)}`
            : "used to at least half"}
        </span>
      </h3>
      {limits.length === 0 ? (
        <p className="muted">No limit is used to half of what it allows.</p>
      ) : (
        <div className="table-scroll" tabIndex={0} role="region" aria-label="Nearest limits">
          <table className="compact">
            <thead>
              <tr>
                <th scope="col">Limit</th>
                <th scope="col">Used</th>
                <th scope="col" className="numeric">
                  Used
                </th>
                <th scope="col" className="numeric">
                  Most
                </th>
                <th scope="col" className="numeric">
                  One more module saves
                </th>
              </tr>
            </thead>
            <tbody>
              {limits.slice(0, listedLimits).map((limit) => (
                <tr key={limit.name}>
                  <td>{limit.name}</td>
                  <td>
                    <Meter ratio={limit.ratio} label={`${limit.name}: ${percent(limit.ratio)} used`} />
                  </td>
                  <td className="numeric">{amount(limit.used, limit)}</td>
                  <td className="numeric">{amount(limit.upper, limit)}</td>
                  <td className="numeric">{limit.nextModuleUsd === null ? "–" : usdPerYear(limit.nextModuleUsd)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <p className="muted small">
        What one more module saves at most is the dual of its capacity with all others as planned, before it is paid
        for.
      </p>
    </div>
  );
}
