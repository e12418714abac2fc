import { useMemo, useState } from "react";
import { showView } from "../app/view-state.ts";
import type { Board, SiteView } from "../model/board.ts";
import { findSites } from "../model/find-sites.ts";
import { count, perSecond, power, traffic, usdPerYear } from "../model/format.ts";
import { tierNames } from "../model/names.ts";
import { DataTable, type TableColumn } from "../ui/DataTable.tsx";
import { TierMark } from "../ui/TierMark.tsx";

const columns: readonly TableColumn<SiteView>[] = [
  { id: "name", title: "Site", value: (view) => view.site.name },
  {
    id: "tier",
    title: "Tier",
    value: (view) => view.site.tier,
    cell: (view) => (
      <span className="with-mark">
        <TierMark tier={view.site.tier} /> {tierNames[view.site.tier]}
      </span>
    ),
  },
  { id: "country", title: "Country", value: (view) => view.site.country },
  {
    id: "chips",
    title: "Accelerators",
    numeric: true,
    value: (view) => view.accelerators,
    cell: (view) => count(view.accelerators),
  },
  {
    id: "load",
    title: "Peak load",
    numeric: true,
    value: (view) => view.peakPerS,
    cell: (view) => perSecond(view.peakPerS),
  },
  { id: "power", title: "Power", numeric: true, value: (view) => view.powerKw, cell: (view) => power(view.powerKw) },
  {
    id: "egress",
    title: "Egress",
    numeric: true,
    value: (view) => view.egressGbps,
    cell: (view) => traffic(view.egressGbps),
  },
  {
    id: "areas",
    title: "Flows",
    numeric: true,
    value: (view) => view.flows.length,
    cell: (view) => count(view.flows.length),
  },
  {
    id: "cost",
    title: "Cost",
    numeric: true,
    value: (view) => view.usdPerYear,
    cell: (view) => usdPerYear(view.usdPerYear),
  },
];

/** Where the key `/` leads. */
export const findFieldId = "find-site";

/** The map as a table: the same sites, the same figures, for keyboards and screen readers. */
export function SiteTable(props: {
  readonly board: Board;
  readonly workload: number | null;
  readonly selected: string | null;
}) {
  const { board, workload } = props;
  const [wanted, setWanted] = useState("");
  const shown = useMemo(
    () => board.openSites.filter((view) => workload === null || view.loads.some((load) => load.workload === workload)),
    [board, workload],
  );
  // Who looks for a place asks as well why nothing stands there.
  const rows = useMemo(
    () =>
      wanted.trim() === "" ? shown : [...findSites(shown, wanted), ...findSites(board.sites, wanted).filter(isShut)],
    [board, shown, wanted],
  );
  return (
    <>
      <div className="find">
        <input
          id={findFieldId}
          type="search"
          value={wanted}
          placeholder="Find a site: name, country, tier"
          aria-label="Find a site"
          onChange={(event) => setWanted(event.target.value)}
          onKeyDown={(event) => event.key === "Escape" && event.currentTarget.blur()}
        />
        <span className="muted" role="status">
          {count(rows.length)} of {count(board.sites.length)} sites{wanted.trim() === "" ? ", the open ones" : ""}
        </span>
      </div>
      <DataTable
        caption="Open sites"
        columns={columns}
        rows={rows}
        rowId={(view) => view.site.id}
        sort={{ id: "cost", desc: true }}
        selected={props.selected}
        onOpen={(view) => showView({ site: view.site.id })}
      />
    </>
  );
}

function isShut(view: SiteView): boolean {
  return !view.open;
}
