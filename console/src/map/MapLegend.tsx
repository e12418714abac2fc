import { tiers } from "../../../src/catalog/index.ts";
import type { Board } from "../model/board.ts";
import { count } from "../model/format.ts";
import { tierNames } from "../model/names.ts";
import { TierMark } from "../ui/TierMark.tsx";

export function MapLegend({ board }: { readonly board: Board }) {
  const candidates = board.sites.length - board.openSites.length;
  return (
    <ul className="map-legend" aria-label="Legend">
      {tiers.map((tier) => (
        <li key={tier}>
          <TierMark tier={tier} />
          {tierNames[tier]}
          <span className="figure">{count(board.openByTier[tier])}</span>
        </li>
      ))}
      {candidates > 0 && (
        <li>
          <svg className="legend-hollow" width="12" height="12" viewBox="-6 -6 12 12" aria-hidden="true">
            <circle r="3" />
          </svg>
          Not opened
          <span className="figure">{count(candidates)}</span>
        </li>
      )}
      <li>
        <svg className="legend-area" width="12" height="12" viewBox="-6 -6 12 12" aria-hidden="true">
          <circle r="4" />
        </svg>
        Users
        <span className="figure">{count(board.areas.length)}</span>
      </li>
      {board.areas.some((area) => area.peakPerS > 0 && area.servedPerS < area.peakPerS / 2) && (
        <li>
          <svg className="legend-unserved" width="12" height="12" viewBox="-6 -6 12 12" aria-hidden="true">
            <circle r="4" />
          </svg>
          Mostly unserved
        </li>
      )}
    </ul>
  );
}
