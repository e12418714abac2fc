import { showView } from "../app/view-state.ts";
import { userTtftMs, type LiveSnapshot } from "../data/live-feed.ts";
import type { Board } from "../model/board.ts";
import { milliseconds, timeOfDay } from "../model/format.ts";
import { TierMark } from "../ui/TierMark.tsx";

/** The latest few requests, as they come. */
export function LiveCard({ board, live }: { readonly board: Board; readonly live: LiveSnapshot }) {
  const siteNames = new Map(board.world.sites.map((site) => [site.id, site.name]));
  const areaNames = new Map(board.world.areas.map((area) => [area.id, area.name]));
  return (
    <div className="card">
      <h3>
        Live requests
        <button type="button" className="link" onClick={() => showView({ view: "requests" })}>
          All
        </button>
      </h3>
      {live.requests.length === 0 ? (
        <p className="muted small">{liveText(live)}</p>
      ) : (
        <ul className="ticker" data-testid="live-ticker">
          {live.requests.slice(0, 6).map((request) => {
            const ttftMs = userTtftMs(request);
            const met = ttftMs !== null && ttftMs <= request.budgetMs;
            return (
              <li key={request.requestId}>
                <span className="figure muted">{timeOfDay(request.epochMs)}</span>
                <span className="ticker-way">
                  {areaNames.get(request.area) ?? request.area} →{" "}
                  {request.tier && <TierMark tier={request.tier} size={10} />}{" "}
                  {request.site === null ? "no site" : (siteNames.get(request.site) ?? request.site)}
                </span>
                <span className={`figure ${met ? "good-text" : "bad-text"}`}>{milliseconds(ttftMs)}</span>
              </li>
            );
          })}
        </ul>
      )}
    </div>
  );
}

/** Why no request is shown. */
export function liveText(live: LiveSnapshot): string {
  if (live.state === "open") return "Connected. Requests to the gateway appear here as they are answered.";
  if (live.state === "connecting") return "Connecting to the gateway's live feed …";
  return "No gateway is running here, so there is no live traffic. Start one with disperse serve.";
}
