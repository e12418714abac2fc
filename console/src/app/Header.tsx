import { useEffect, useRef } from "react";
import type { LiveSnapshot } from "../data/live-feed.ts";
import type { PlanDocument, PlanStatus } from "../../../src/plan/index.ts";
import type { Board } from "../model/board.ts";
import { useEmulated } from "../data/use-emulated.ts";
import { counted, roundPercent } from "../model/format.ts";
import { periodIds } from "../model/period.ts";
import { IconButton } from "../ui/IconButton.tsx";
import { toggleTheme, useTheme } from "./theme.ts";
import { showView } from "./view-state.ts";
import { views, type View } from "./view-query.ts";

const viewNames: Readonly<Record<View, string>> = {
  map: "Map",
  cost: "Cost",
  service: "Service",
  unserved: "Unserved",
  requests: "Requests",
  plan: "Plan",
  ledger: "Ledger",
};

const statusNames: Readonly<Record<PlanStatus, string>> = {
  optimal: "Optimal",
  gapNotReached: "Gap not reached",
  timeLimit: "Time limit reached",
  cancelled: "Cancelled",
  outOfMemory: "Out of memory",
  infeasible: "Infeasible",
};

/** A gap below this is rounding. */
const provenGap = 1e-4;

function statusText({ status, relativeGap, search }: PlanDocument): string {
  // A plan counts as optimal once its gap is within what was asked for; the reader should see what that was.
  return status === "optimal" && (relativeGap ?? 0) > provenGap
    ? `Optimal within ${roundPercent(search.askedGap)}`
    : (statusNames[status] ?? status);
}

export function Header(props: {
  readonly board: Board;
  readonly live: LiveSnapshot;
  /** Places that operators have taken out. */
  readonly drained: number;
  readonly view: View;
  readonly onHelp: () => void;
}) {
  const { board, live, view } = props;
  const theme = useTheme();
  const links = useRef<HTMLElement>(null);
  // In a narrow window the views are a strip of which only a part is in sight.
  useEffect(() => {
    links.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [view]);
  return (
    <header className="top">
      <a className="brand" href={window.location.pathname}>
        <Logo />
        Disperse
      </a>
      <div className="scenario">
        <h1 title={board.world.name}>{board.world.name}</h1>
        <PeriodChoice board={board} />
        <span className={`status ${board.plan.status === "optimal" ? "" : "bad"}`}>{statusText(board.plan)}</span>
      </div>
      <nav aria-label="Views" ref={links}>
        {views.map((name, index) => (
          <a
            key={name}
            href={name === "map" ? window.location.pathname : `?view=${name}`}
            aria-current={name === view ? "page" : undefined}
            aria-keyshortcuts={String(index + 1)}
            onClick={(event) => {
              if (event.metaKey || event.ctrlKey || event.shiftKey) return;
              event.preventDefault();
              showView({ view: name });
            }}
          >
            {viewNames[name]}
          </a>
        ))}
      </nav>
      <div className="top-end">
        {props.drained > 0 && <span className="status bad">{counted(props.drained, "place")} drained</span>}
        <LiveStatus live={live} />
        <IconButton
          icon={theme === "dark" ? "sun" : "moon"}
          label={theme === "dark" ? "Light theme" : "Dark theme"}
          shortcut="d"
          onClick={toggleTheme}
        />
        <IconButton icon="question" label="Keyboard shortcuts" shortcut="?" onClick={props.onHelp} />
      </div>
    </header>
  );
}

/** Which period of a plan of several is looked at; nothing for a plan of one. */
function PeriodChoice({ board }: { readonly board: Board }) {
  const ids = periodIds(board.plan);
  if (ids.length < 2) return null;
  return (
    <select
      className="period-choice"
      aria-label="Period"
      value={board.world.periods[board.plan.period]!.id}
      onChange={(event) => showView({ period: event.target.value === ids[0] ? null : event.target.value })}
    >
      {ids.map((id) => (
        <option key={id} value={id}>
          {id}
        </option>
      ))}
    </select>
  );
}

function LiveStatus({ live }: { readonly live: LiveSnapshot }) {
  const emulated = useEmulated();
  const text =
    live.state === "open"
      ? `Live · ${live.perS.toFixed(1)} req/s`
      : live.state === "connecting"
        ? "Connecting"
        : "Not live";
  return (
    <span className={`live-status ${live.state}`}>
      <span className="live-dot" aria-hidden="true" />
      <span>
        {text}
        {live.state === "open" && emulated && <span className="live-note"> · emulated engines</span>}
      </span>
    </span>
  );
}

function Logo() {
  return (
    <svg width="24" height="24" viewBox="0 0 32 32" aria-hidden="true" className="logo">
      <path d="M16 16 7 9M16 16l10-6M16 16l-5 10M16 16l9 7" />
      <rect x="12" y="12" width="8" height="8" rx="1.5" />
      <path className="mark-regional" d="m26 6.5 3.5 3.5-3.5 3.5-3.5-3.5zM11 22.5l3.5 3.5-3.5 3.5L7.5 26z" />
      <circle className="mark-edge" cx="7" cy="9" r="3" />
      <circle className="mark-edge" cx="25" cy="23" r="3" />
    </svg>
  );
}
