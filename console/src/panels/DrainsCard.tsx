import type { ShownDrain } from "../data/use-drains.ts";
import type { Board } from "../model/board.ts";
import { counted, timeOfDay } from "../model/format.ts";

/** What operators have taken out of the running mesh; nothing when all is in. */
export function DrainsCard({ board, drains }: { readonly board: Board; readonly drains: readonly ShownDrain[] }) {
  if (drains.length === 0) return null;
  const siteNames = new Map(board.world.sites.map((site) => [site.id, site.name]));
  const workloadNames = new Map(board.world.workloads.map((workload) => [workload.id, workload.name]));
  return (
    <div className="card">
      <h3>
        Drained <span className="muted">no new requests</span>
      </h3>
      <ul className="plain-list">
        {drains.map(({ site, workload, since, reason, running }) => (
          <li key={`${site} ${workload}`}>
            <span>
              {siteNames.get(site) ?? site}
              {workload !== null && ` · ${workloadNames.get(workload) ?? workload}`}
              <span className="muted">
                {" "}
                since {timeOfDay(since * 1_000)} UTC{reason !== null && `: ${reason}`}
              </span>
            </span>
            <span className="figure">{running === 0 ? "idle" : `${counted(running, "request")} left`}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}
