import { showView } from "../app/view-state.ts";
import type { Board } from "../model/board.ts";
import { usd } from "../model/format.ts";
import { itemColor, itemName, tierNames } from "../model/names.ts";
import { StackedBar } from "../ui/StackedBar.tsx";

export function CostCard({ board }: { readonly board: Board }) {
  return (
    <div className="card">
      <h3>
        Cost per year
        <button type="button" className="link" onClick={() => showView({ view: "cost" })}>
          Details
        </button>
      </h3>
      <StackedBar
        parts={board.costByItem.map((share) => ({
          key: share.key,
          label: itemName(share.key),
          value: share.usdPerYear,
          color: itemColor(share.key),
        }))}
        format={usd}
        limit={4}
      />
      <div className="tier-costs">
        {board.plan.cost?.byTier.map((share) => (
          <span key={share.tier}>
            <span className="muted">{tierNames[share.tier]}</span>{" "}
            <span className="figure">{usd(share.usdPerYear)}</span>
          </span>
        ))}
      </div>
    </div>
  );
}
