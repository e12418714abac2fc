import { useMemo } from "react";
import type { Unserved } from "../../../src/plan/index.ts";
import type { Physics } from "../../../src/route/index.ts";
import type { Board } from "../model/board.ts";
import { counted, percent, perSecond, roundPercent, usdPerYear } from "../model/format.ts";
import { reasonName } from "../model/names.ts";
import { usePolicy, type PolicyTools } from "../model/use-policy.ts";
import { BudgetBar } from "../ui/BudgetBar.tsx";
import { Notice } from "../ui/Notice.tsx";

export function UnservedPage({ board }: { readonly board: Board }) {
  const { unserved, clashes } = board.plan;
  const tools = usePolicy(board);
  return (
    <div className="page">
      <header className="page-head">
        <h2>Unserved demand</h2>
        <p className="muted">What the plan leaves out, why, and what would change it.</p>
      </header>
      {clashes.map((clash) => (
        <Notice key={clash.detail} title="These wishes cannot hold together.">
          <ul className="reasons">
            {clash.limits.map((limit) => (
              <li key={limit}>{limit}</li>
            ))}
          </ul>
          {clash.detail}
        </Notice>
      ))}
      {unserved.length === 0 && clashes.length === 0 && (
        <Notice title="Everything is served.">The plan serves all demand of every workload.</Notice>
      )}
      <ul className="unserved-list">
        {unserved.map((entry) => (
          <UnservedCard
            key={`${entry.workload} ${entry.access} ${entry.reason}`}
            board={board}
            tools={tools}
            entry={entry}
          />
        ))}
      </ul>
    </div>
  );
}

function UnservedCard(props: { readonly board: Board; readonly tools: PolicyTools | null; readonly entry: Unserved }) {
  const { board, tools, entry } = props;
  const { world } = board;
  const workload = world.workloads.find((candidate) => candidate.id === entry.workload);
  const access = world.accessTypes.find((candidate) => candidate.id === entry.access);
  const name = workload?.name ?? entry.workload;
  const examples = entry.examples.map((id) => world.areas.find((area) => area.id === id)?.name ?? id);
  const physics = useMemo(() => anatomy(board, tools, entry), [board, tools, entry]);
  const distanceMs = physics?.nearestSite ? physics.nearestSite.networkMs - physics.lastMileMs : 0;
  const rest = entry.areas - examples.length;
  return (
    <li className="card unserved-card">
      <header>
        <div>
          <h3>
            {name} <span className="muted">over {access?.name ?? entry.access}</span>
          </h3>
          <p className="reason">{reasonName(entry.reason)}</p>
        </div>
        <div className="unserved-figures">
          <p className="figure large">{percent(entry.shareOfWorkload)}</p>
          <p className="muted small">of its demand</p>
        </div>
      </header>
      {physics?.fastestPrefill ? (
        <div>
          <p className="muted small">At best, for {roundPercent(physics.attainmentRatio)} of first tokens</p>
          <BudgetBar
            budgetMs={physics.budgetMs}
            parts={[
              { label: "Last mile", ms: physics.lastMileMs, color: "var(--item-0)" },
              ...(distanceMs > 0.05 ? [{ label: "Distance", ms: distanceMs, color: "var(--item-4)" }] : []),
              { label: "Prefill", ms: physics.fastestPrefill.ms, color: "var(--item-2)" },
            ]}
          />
        </div>
      ) : (
        <p>{sentence(entry.detail)}</p>
      )}
      {entry.whatWouldHelp.length > 0 && (
        <>
          <h4>What would change it</h4>
          <ul className="reasons">
            {entry.whatWouldHelp.map((remedy) => (
              <li key={remedy}>{sentence(remedy)}</li>
            ))}
          </ul>
        </>
      )}
      <p className="muted small">
        {perSecond(entry.peakPerS)} at the peak · {usdPerYear(entry.usdPerYear)} of lost value · {examples.join(", ")}
        {rest > 0 && ` and ${counted(rest, "more area")}`}
      </p>
    </li>
  );
}

/** The first-token budget of the largest area concerned taken apart, where time is what stands in the way. */
function anatomy({ world }: Board, tools: PolicyTools | null, entry: Unserved): Physics | null {
  if (!tools || (entry.reason !== "physics" && entry.reason !== "place")) return null;
  const workload = world.workloads.findIndex(({ id }) => id === entry.workload);
  const access = world.accessTypes.findIndex(({ id }) => id === entry.access);
  const area = world.areas.findIndex(({ id }) => id === entry.examples[0]);
  if (workload < 0 || access < 0 || area < 0) return null;
  return tools.explainPhysics(tools.policy, { workload, access, area });
}

/** The document's explanations are clauses; here they stand alone. */
function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`;
}
