import { useMemo } from "react";
import type { Untrained } from "../../../src/plan/index.ts";
import type { Physics } from "../../../src/route/index.ts";
import type { Board } from "../model/board.ts";
import { count, counted, percent, perSecond, roundPercent, usdPerYear } from "../model/format.ts";
import { lossesByCause, type Loss } from "../model/losses.ts";
import { reasonName } from "../model/names.ts";
import { usePolicy, type PolicyTools } from "../model/use-policy.ts";
import { BudgetBar } from "../ui/BudgetBar.tsx";
import { Notice } from "../ui/Notice.tsx";

export function UnservedPage({ board }: { readonly board: Board }) {
  const { unserved, untrained = [], clashes } = board.plan;
  const tools = usePolicy(board);
  const losses = useMemo(() => lossesByCause(unserved), [unserved]);
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
      {unserved.length === 0 && untrained.length === 0 && clashes.length === 0 && (
        <Notice title="Everything is served.">The plan serves all demand of every workload.</Notice>
      )}
      <ul className="unserved-list">
        {losses.map((entry) => (
          <UnservedCard
            key={`${entry.workload} ${entry.accesses.join(" ")} ${entry.reason}`}
            board={board}
            tools={tools}
            entry={entry}
          />
        ))}
        {untrained.map((entry) => (
          <UntrainedCard key={entry.training} entry={entry} />
        ))}
      </ul>
    </div>
  );
}

function UnservedCard(props: { readonly board: Board; readonly tools: PolicyTools | null; readonly entry: Loss }) {
  const { board, tools, entry } = props;
  const { world } = board;
  const workload = world.workloads.find((candidate) => candidate.id === entry.workload);
  const workloadIndex = world.workloads.findIndex((candidate) => candidate.id === entry.workload);
  const inUse = new Set(world.demand.filter((row) => row.workload === workloadIndex).map((row) => row.access));
  const accesses = entry.accesses.map((id) => world.accessTypes.find((access) => access.id === id)?.name ?? id);
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
            {name}{" "}
            <span className="muted">
              over{" "}
              {entry.accesses.length > 1 && entry.accesses.length === inUse.size ? "every access" : accesses.join(", ")}
            </span>
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
        entry.detail !== "" && <p>{sentence(entry.detail)}</p>
      )}
      <Remedies remedies={entry.whatWouldHelp} />
      <p className="muted small">
        {perSecond(entry.peakPerS)} at the peak · {usdPerYear(entry.usdPerYear)} of lost value · {examples.join(", ")}
        {rest > 0 && ` and ${counted(rest, "more area")}`}
      </p>
    </li>
  );
}

const trainingReasons: Readonly<Record<Untrained["reason"], string>> = {
  price: "It costs more than going without",
  limits: "Limits are exhausted",
  scale: "Too little is missing for another module",
};

function UntrainedCard({ entry }: { readonly entry: Untrained }) {
  return (
    <li className="card unserved-card">
      <header>
        <div>
          <h3>
            {entry.training} <span className="muted">training</span>
          </h3>
          <p className="reason">{trainingReasons[entry.reason]}</p>
        </div>
        <div className="unserved-figures">
          <p className="figure large">{count(entry.pflops)}</p>
          <p className="muted small">PFLOP/s missing</p>
        </div>
      </header>
      <p>{sentence(entry.detail)}</p>
      <Remedies remedies={entry.whatWouldHelp} />
      <p className="muted small">{usdPerYear(entry.usdPerYear)} of lost value</p>
    </li>
  );
}

function Remedies({ remedies }: { readonly remedies: readonly string[] }) {
  if (remedies.length === 0) return null;
  return (
    <>
      <h4>What would change it</h4>
      <ul className="reasons">
        {remedies.map((remedy) => (
          <li key={remedy}>{sentence(remedy)}</li>
        ))}
      </ul>
    </>
  );
}

/** The first-token budget of the largest area concerned taken apart, where time is what stands in the way. */
function anatomy({ world }: Board, tools: PolicyTools | null, entry: Loss): Physics | null {
  if (!tools || (entry.reason !== "physics" && entry.reason !== "place")) return null;
  const workload = world.workloads.findIndex(({ id }) => id === entry.workload);
  const access = world.accessTypes.findIndex(({ id }) => id === entry.accesses[0]);
  const area = world.areas.findIndex(({ id }) => id === entry.examples[0]);
  if (workload < 0 || access < 0 || area < 0) return null;
  return tools.explainPhysics(tools.policy, { workload, access, area });
}

/** The document's explanations are clauses; here they stand alone. */
function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`;
}
