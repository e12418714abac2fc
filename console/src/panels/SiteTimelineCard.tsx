import { useEffect, useMemo, useState } from "react";
import type { SimulationResult } from "../../../src/simulate/index.ts";
import type { Board } from "../model/board.ts";
import { count, percent } from "../model/format.ts";
import { tierNames } from "../model/names.ts";
import { siteTimeline, type SiteTimeline, type TimelineCell } from "../model/site-timeline.ts";
import { Strip } from "../ui/Strip.tsx";
import { TierMark } from "../ui/TierMark.tsx";

/** Sites shown; the worst of thousands are what one looks for. */
const shownSites = 20;
/** Time one window is shown while it plays, ms. */
const playEveryMs = 250;

/** The hour site by site: every window a cell, and one window at a time in figures, which plays on its own when asked. */
export function SiteTimelineCard({ board, result }: { readonly board: Board; readonly result: SimulationResult }) {
  const timeline = useMemo(() => siteTimeline(board, result, shownSites), [board, result]);
  if (timeline === null) {
    return (
      <p className="muted">
        This result has no windows by site; <code>disperse simulate plan.json --out simulation.json</code> keeps them.
      </p>
    );
  }
  return <Timeline timeline={timeline} />;
}

function Timeline({ timeline }: { readonly timeline: SiteTimeline }) {
  const last = timeline.fromS.length - 1;
  const [chosen, setChosen] = useState(last);
  const [isPlaying, setPlaying] = useState(false);
  useEffect(() => {
    if (!isPlaying) return;
    const timer = setInterval(() => setChosen((window) => (window >= last ? 0 : window + 1)), playEveryMs);
    return () => clearInterval(timer);
  }, [isPlaying, last]);
  const window = Math.min(chosen, last);
  const minute = timeline.fromS[window]! / 60;
  return (
    <>
      <div className="timeline-controls">
        <button type="button" className="link" onClick={() => setPlaying(!isPlaying)}>
          {isPlaying ? "Pause" : "Play"}
        </button>
        <input
          type="range"
          aria-label="Window"
          aria-valuetext={`from minute ${count(minute)}`}
          min={0}
          max={last}
          value={window}
          onChange={(event) => {
            setPlaying(false);
            setChosen(Number(event.target.value));
          }}
        />
        <span className="figure">minute {Math.round(minute * 10) / 10}</span>
      </div>
      <div className="table-scroll" tabIndex={0} role="region" aria-label="Attainment by site over the simulated time">
        <table className="compact timeline">
          <thead>
            <tr>
              <th scope="col">Tier or site</th>
              <th scope="col">Over the time</th>
              <th scope="col" className="numeric">
                Then
              </th>
              <th scope="col" className="numeric">
                In all
              </th>
              <th scope="col" className="numeric">
                Completed
              </th>
            </tr>
          </thead>
          <tbody>
            {timeline.rows.map((row) => (
              <tr key={row.id} className={row.isTier ? "tier-row" : undefined}>
                <th scope="row">
                  <TierMark tier={row.tier} /> {row.isTier ? tierNames[row.tier] : row.name}
                </th>
                <td>
                  <Strip shares={row.cells.map(shareOf)} chosen={window} />
                </td>
                <td className="numeric">{ratioText(row.cells[window] ?? null)}</td>
                <td className="numeric">{percent(row.ratio)}</td>
                <td className="numeric">{count(row.completed)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {timeline.hidden > 0 && <p className="muted">{count(timeline.hidden)} sites that missed fewer are not shown.</p>}
    </>
  );
}

/** Below 80 % it is bad enough. */
const shareOf = (cell: TimelineCell): number | null => (cell === null ? null : (cell.ratio - 0.8) / 0.2);

function ratioText(cell: TimelineCell): string {
  return cell === null ? "–" : percent(cell.ratio);
}
