import { useMemo } from "react";
import { showView } from "../app/view-state.ts";
import { userTtftMs, type LiveFeed, type LiveRequest, type LiveSnapshot } from "../data/live-feed.ts";
import type { Board } from "../model/board.ts";
import { count, milliseconds, timeOfDay } from "../model/format.ts";
import { liveText } from "../panels/LiveCard.tsx";
import { RouteDrawer } from "../panels/RouteDrawer.tsx";
import { DataTable, type TableColumn } from "../ui/DataTable.tsx";
import { IconButton } from "../ui/IconButton.tsx";
import { Notice } from "../ui/Notice.tsx";
import { TierMark } from "../ui/TierMark.tsx";

export function RequestsPage(props: {
  readonly board: Board;
  readonly live: LiveSnapshot;
  readonly feed: LiveFeed;
  readonly request: string | null;
}) {
  const { board, live, feed, request } = props;
  const columns = useMemo(() => requestColumns(board), [board]);
  return (
    <div className="page">
      <header className="page-head">
        <h2>Live requests</h2>
        <p className="muted">
          {count(live.total)} since this page was opened, the latest {count(live.requests.length)} below. First token =
          measured at the gateway + modelled network.
        </p>
        <IconButton
          icon={live.paused ? "play" : "pause"}
          label={live.paused ? "Resume" : "Pause"}
          shortcut="Space"
          pressed={live.paused}
          onClick={() => feed.setPaused(!live.paused)}
        />
      </header>
      {live.requests.length === 0 ? (
        <Notice title="No requests yet.">{liveText(live)}</Notice>
      ) : (
        <DataTable
          caption="Live requests"
          columns={columns}
          rows={live.requests}
          rowId={(row) => row.requestId}
          sort={{ id: "time", desc: true }}
          selected={request}
          onOpen={(row) => showView({ request: row.requestId })}
        />
      )}
      <RouteDrawer board={board} id={request} />
    </div>
  );
}

function requestColumns(board: Board): TableColumn<LiveRequest>[] {
  const siteNames = new Map(board.world.sites.map((site) => [site.id, site.name]));
  const areaNames = new Map(board.world.areas.map((area) => [area.id, area.name]));
  const workloadNames = new Map(board.world.workloads.map((workload) => [workload.id, workload.name]));
  return [
    {
      id: "time",
      title: "Time (UTC)",
      value: (row) => row.epochMs,
      cell: (row) => timeOfDay(row.epochMs),
    },
    { id: "workload", title: "Workload", value: (row) => workloadNames.get(row.workload) ?? row.workload },
    { id: "area", title: "From", value: (row) => areaNames.get(row.area) ?? row.area },
    {
      id: "site",
      title: "Answered by",
      value: (row) => siteNames.get(row.site ?? "") ?? row.site ?? "",
      cell: (row) =>
        row.site === null ? (
          <span className="muted">no site</span>
        ) : (
          <span className="with-mark">
            {row.tier && <TierMark tier={row.tier} />} {siteNames.get(row.site) ?? row.site}
          </span>
        ),
    },
    {
      id: "ttft",
      title: "First token",
      numeric: true,
      value: (row) => userTtftMs(row) ?? Number.POSITIVE_INFINITY,
      cell: (row) => {
        const ttftMs = userTtftMs(row);
        if (ttftMs === null) return <span className="muted">none</span>;
        return <span className={ttftMs <= row.budgetMs ? "good-text" : "bad-text"}>{milliseconds(ttftMs)}</span>;
      },
    },
    {
      id: "budget",
      title: "Budget",
      numeric: true,
      value: (row) => row.budgetMs,
      cell: (row) => milliseconds(row.budgetMs),
    },
    {
      id: "attempts",
      title: "Attempts",
      numeric: true,
      value: (row) => row.attempts,
      cell: (row) => count(row.attempts),
    },
    { id: "outcome", title: "Outcome", value: (row) => row.outcome },
  ];
}
