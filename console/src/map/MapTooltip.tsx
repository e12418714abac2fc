import type { Board } from "../model/board.ts";
import { percent, perSecond, usdPerYear } from "../model/format.ts";
import { tierNames } from "../model/names.ts";
import { TierMark } from "../ui/TierMark.tsx";
import type { Size } from "./camera.ts";
import type { Picked } from "./pick.ts";

/** What lies under the pointer. Pointer only: the table twin says the same to everyone else. */
export function MapTooltip(props: {
  readonly board: Board;
  readonly picked: Picked;
  readonly x: number;
  readonly y: number;
  readonly size: Size;
}) {
  const { board, picked, x, y, size } = props;
  const style = {
    left: Math.min(x + 14, size.width - 220),
    ...(y > size.height - 130 ? { bottom: size.height - y + 12 } : { top: y + 14 }),
  };
  if (picked.kind === "area") {
    const area = board.world.areas[picked.area.index]!;
    const view = board.areas[picked.area.index]!;
    return (
      <div className="map-tooltip" style={style} aria-hidden="true">
        <strong>
          {area.name} <span className="muted">{area.country}</span>
        </strong>
        <span>{perSecond(view.peakPerS)} at the peak</span>
        <span>{view.peakPerS > 0 ? `${percent(view.servedPerS / view.peakPerS)} served` : "No demand"}</span>
      </div>
    );
  }
  const view = board.sites[picked.site.index]!;
  return (
    <div className="map-tooltip" style={style} aria-hidden="true">
      <strong>
        <TierMark tier={view.site.tier} /> {view.site.name} <span className="muted">{view.site.country}</span>
      </strong>
      {view.open ? (
        <>
          <span>{perSecond(view.peakPerS)} at the peak</span>
          <span>{usdPerYear(view.usdPerYear)}</span>
        </>
      ) : (
        <span>{tierNames[view.site.tier]} candidate, not opened</span>
      )}
    </div>
  );
}
