import type { ViewState } from "../app/view-query.ts";
import { showView } from "../app/view-state.ts";
import type { LiveFeed, LiveSnapshot } from "../data/live-feed.ts";
import type { ShownDrain } from "../data/use-drains.ts";
import type { Resource } from "../data/resource.ts";
import type { SimulationResult } from "../../../src/simulate/index.ts";
import { MapView } from "../map/MapView.tsx";
import type { Board } from "../model/board.ts";
import { AttainmentCard } from "../panels/AttainmentCard.tsx";
import { CostCard } from "../panels/CostCard.tsx";
import { DrainsCard } from "../panels/DrainsCard.tsx";
import { LiveCard } from "../panels/LiveCard.tsx";
import { SitePanel } from "../panels/SitePanel.tsx";
import { Icon } from "../ui/Icon.tsx";
import { Segmented } from "../ui/Segmented.tsx";
import { SiteTable } from "./SiteTable.tsx";

export function MapPage(props: {
  readonly board: Board;
  readonly simulation: Resource<SimulationResult>;
  readonly live: LiveSnapshot;
  readonly feed: LiveFeed;
  readonly drains: readonly ShownDrain[];
  readonly state: ViewState;
}) {
  const { board, simulation, live, feed, drains, state } = props;
  const found = board.workloads.findIndex((workload) => workload.id === state.workload);
  const workload = found < 0 ? null : found;
  const selected = board.sites.find((view) => view.site.id === state.site) ?? null;
  return (
    <div className="map-page">
      <div className="map-area">
        <div className="map-controls">
          <Segmented
            label="Show as"
            value={state.table ? "table" : "map"}
            options={[
              {
                value: "map",
                label: (
                  <>
                    <Icon name="map" /> Map
                  </>
                ),
              },
              {
                value: "table",
                label: (
                  <>
                    <Icon name="table" /> Table
                  </>
                ),
              },
            ]}
            onChange={(value) => showView({ table: value === "table" })}
          />
          <Segmented
            label="Flows of"
            value={state.workload ?? "all"}
            options={[
              { value: "all", label: "All" },
              ...board.workloads.map((entry) => ({ value: entry.id, label: entry.name })),
            ]}
            onChange={(value) => showView({ workload: value === "all" ? null : value })}
          />
        </div>
        {state.table ? (
          <SiteTable board={board} workload={workload} selected={state.site} />
        ) : (
          <MapView
            board={board}
            feed={feed}
            workload={workload}
            selected={selected?.index ?? null}
            camera={state.camera}
          />
        )}
      </div>
      <aside className="side" aria-label={selected ? "Site" : "Overview"}>
        {selected ? (
          <SitePanel
            board={board}
            view={selected}
            simulation={simulation}
            drains={drains.filter(({ site }) => site === selected.site.id)}
          />
        ) : (
          <section className="panel">
            <DrainsCard board={board} drains={drains} />
            <AttainmentCard board={board} simulation={simulation} />
            <CostCard board={board} />
            <LiveCard board={board} live={live} />
          </section>
        )}
      </aside>
    </div>
  );
}
