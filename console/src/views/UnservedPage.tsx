import type { Unserved } from "../../../src/plan/index.ts";
import type { Board } from "../model/board.ts";
import { counted, percent, perSecond, usdPerYear } from "../model/format.ts";
import { reasonName } from "../model/names.ts";
import { Meter } from "../ui/Meter.tsx";
import { Notice } from "../ui/Notice.tsx";

export function UnservedPage({ board }: { readonly board: Board }) {
  const { unserved, clashes } = board.plan;
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
          <UnservedCard key={`${entry.workload} ${entry.access} ${entry.reason}`} board={board} entry={entry} />
        ))}
      </ul>
    </div>
  );
}

function UnservedCard({ board, entry }: { readonly board: Board; readonly entry: Unserved }) {
  const { world } = board;
  const workload = world.workloads.find((candidate) => candidate.id === entry.workload);
  const access = world.accessTypes.find((candidate) => candidate.id === entry.access);
  const name = workload?.name ?? entry.workload;
  const examples = entry.examples.map((id) => world.areas.find((area) => area.id === id)?.name ?? id);
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
          <p className="muted small">of {name}</p>
        </div>
      </header>
      <Meter ratio={entry.shareOfWorkload} label={`Share of ${name} left unserved`} tone="bad" />
      <p>{sentence(entry.detail)}</p>
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

/** The document's explanations are clauses; here they stand alone. */
function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`;
}
