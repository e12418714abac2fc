import { useMemo } from "react";
import type { SimulationResult } from "../../../src/simulate/index.ts";
import { areaHours, type AreaHours } from "../model/area-hours.ts";
import type { Board } from "../model/board.ts";
import { count, percent } from "../model/format.ts";
import { Strip } from "../ui/Strip.tsx";

/** Areas shown; the worst of thousands are what one looks for. */
const shownAreas = 20;
/** Shares that lie nearer together than this look alike. */
const leastSpread = 0.05;

/** Who was served well at which hour. */
export function AreaHoursCard({ board, result }: { readonly board: Board; readonly result: SimulationResult }) {
  const found = useMemo(() => areaHours(board, result, shownAreas), [board, result]);
  if (found === null) {
    return (
      <p className="muted">
        This result does not tell areas apart;{" "}
        <code>disperse simulate plan.json --by-area-hour --out simulation.json</code> does.
      </p>
    );
  }
  return <Areas found={found} />;
}

function Areas({ found: { hoursUtc, rows, hidden } }: { readonly found: AreaHours }) {
  const ratios = rows.flatMap(({ cells }) => cells.flatMap((cell) => cell?.ratio ?? []));
  const best = Math.max(...ratios);
  const spread = Math.max(best - Math.min(...ratios), leastSpread);
  const hourText = (hour: number): string => `${String(hoursUtc[hour]).padStart(2, "0")}:00`;
  return (
    <>
      <div className="table-scroll" tabIndex={0} role="region" aria-label="Attainment by area and hour">
        <table className="compact timeline">
          <thead>
            <tr>
              <th scope="col">Area</th>
              <th scope="col">
                {hourText(0)} to {hourText(hoursUtc.length - 1)} UTC
              </th>
              <th scope="col" className="numeric">
                Worst hour
              </th>
              <th scope="col" className="numeric">
                Then
              </th>
              <th scope="col" className="numeric">
                In all
              </th>
              <th scope="col" className="numeric">
                Sent
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ id, name, cells, worstHour, ratio, arrived }) => (
              <tr key={id}>
                <th scope="row">{name}</th>
                <td>
                  <Strip
                    shares={cells.map((cell) => (cell === null ? null : 1 - (best - cell.ratio) / spread))}
                    chosen={worstHour}
                  />
                </td>
                <td className="numeric">{hourText(worstHour)}</td>
                <td className="numeric">{percent(cells[worstHour]?.ratio)}</td>
                <td className="numeric">{percent(ratio)}</td>
                <td className="numeric">{count(arrived)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {hidden > 0 && <p className="muted">{count(hidden)} areas that missed fewer are not shown.</p>}
    </>
  );
}
