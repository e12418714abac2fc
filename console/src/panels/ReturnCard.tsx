import type { Investment, PeriodReturn, PlanValue } from "../../../src/plan/index.ts";
import type { Board } from "../model/board.ts";
import { missing, percent, roundPercent, usd } from "../model/format.ts";
import { tierNames } from "../model/names.ts";

/** What whoever pays for the plan gets for it: all of it, each owner's part, each tier's, and each period. */
export function ReturnCard({ board, returns }: { readonly board: Board; readonly returns: readonly PeriodReturn[] }) {
  const { plan, world } = board;
  const shown = returns.find(({ period }) => period === world.periods[plan.period]!.id);
  if (!shown) return null;
  const { all, byOwner, byTier, years } = shown;
  const periods = returns.map((entry): Row => ({ name: entry.period, of: entry.all }));
  const rows: Row[] = [
    { name: "All", of: all },
    ...(byOwner.length > 1 ? byOwner.map((of) => ({ name: of.name, of })) : []),
    ...byTier.filter(hasMoney).map((of) => ({ name: `${tierNames[of.tier!]} sites`, of })),
  ];
  return (
    <div className="card wide">
      <h3>
        Return{" "}
        <span className="muted">
          over {years} years at each owner's cost of capital, as if what stands had just been bought
        </span>
      </h3>
      {plan.value && <Whole value={plan.value} periods={returns.length} />}
      {all.revenueUsdPerYear === 0 ? (
        <p>No workload has a price, so there is cost and no return.</p>
      ) : (
        <>
          <Returns label="Return in all, by owner and by tier" head="Whose" rows={rows} />
          {periods.length > 1 && <Returns label="Return by period" head="Period" rows={periods} />}
        </>
      )}
      <p className="muted small">
        <code>disperse report finance</code> has the return, debt and depreciation of every site.
      </p>
    </div>
  );
}

interface Row {
  readonly name: string;
  readonly of: Investment;
}

/** The horizon of the plan as it is, with what is bought when. */
function Whole({ value, periods }: { readonly value: PlanValue; readonly periods: number }) {
  const { years, discountRatio, revenueUsd, runningUsd, npvUsd, npvCashUsd, residualUsd } = value;
  const span = `${Number(years.toPrecision(3))} ${years === 1 ? "year" : "years"}`;
  return (
    <p>
      {periods > 1 ? `All ${periods} periods` : "The period"}, {span} at {roundPercent(discountRatio)}: revenue{" "}
      {usd(revenueUsd)}, running cost {usd(runningUsd)}; net present value {usd(npvUsd)} with annuities,{" "}
      {usd(npvCashUsd)} paid in cash with {usd(residualUsd)} of assets left.
    </p>
  );
}

function Returns({
  label,
  head,
  rows,
}: {
  readonly label: string;
  readonly head: string;
  readonly rows: readonly Row[];
}) {
  const owes = rows.some(({ of }) => of.dueUsdPerYear > 0);
  const borrows = rows.some(({ of }) => of.debt.borrowedUsd > 0);
  const columns: readonly (readonly [string, (of: Investment) => string])[] = [
    ["Invested", (of) => usd(investedUsd(of))],
    ...(borrows ? [["Of it debt", (of: Investment) => usd(of.debt.borrowedUsd)] as const] : []),
    ["Revenue a year", (of) => usd(of.revenueUsdPerYear)],
    ["Running a year", (of) => usd(of.opexUsdPerYear)],
    ...(owes ? [["Due a year", (of: Investment) => usd(of.dueUsdPerYear)] as const] : []),
    ["Gross margin", (of) => percent(of.grossMarginRatio)],
    ["NPV", (of) => usd(of.npvUsd)],
    ["IRR", ({ irr }) => (irr.status === "unique" ? percent(irr.ratePerYear) : missing)],
    ["Payback", (of) => (of.paybackYears === null ? missing : `${of.paybackYears.toFixed(1)} years`)],
  ];
  return (
    <div className="table-scroll" tabIndex={0} role="region" aria-label={label}>
      <table className="compact">
        <thead>
          <tr>
            <th scope="col">{head}</th>
            {columns.map(([title]) => (
              <th scope="col" className="numeric" key={title}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ name, of }) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              {columns.map(([title, cell]) => (
                <td className="numeric" key={title}>
                  {cell(of)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function investedUsd({ capexUsd }: Investment): number {
  return Object.values(capexUsd).reduce((total, usdOfClass) => total + usdOfClass, 0);
}

function hasMoney(of: Investment): boolean {
  return of.cashflowsUsd.some((flow) => flow !== 0);
}
