import type { SimulationResult } from "../../../src/simulate/index.ts";
import type { Board } from "./board.ts";

/** What became of the requests that an area sent in one hour; null where it sent none. */
type HourCell = { readonly arrived: number; readonly ratio: number } | null;

export interface AreaHoursRow {
  readonly id: string;
  readonly name: string;
  /** One per hour of the simulation. */
  readonly cells: readonly HourCell[];
  readonly arrived: number;
  /** Within all budgets, of the requests sent over the whole time. */
  readonly ratio: number;
  /** Position of the hour in which the largest share was missed. */
  readonly worstHour: number;
}

export interface AreaHours {
  /** Hours of the day (UTC), one per cell. */
  readonly hoursUtc: readonly number[];
  readonly rows: readonly AreaHoursRow[];
  /** Areas with requests that are not shown. */
  readonly hidden: number;
}

/**
 * Share of the requests sent that were answered within all budgets, by area and hour, over all workloads: the areas that missed
 * most requests first, `limit` at most. Null when the simulation did not count by area and hour.
 */
export function areaHours(board: Board, result: SimulationResult, limit: number): AreaHours | null {
  if (result.areaHours.length === 0) return null;
  // One by one: thousands of areas have more entries than a call takes arguments.
  const hours = result.areaHours.reduce((most, { hour }) => Math.max(most, hour), 0) + 1;
  const sums = new Map<string, { readonly arrived: number[]; readonly within: number[] }>();
  for (const { area, hour, arrived, withinSlo } of result.areaHours) {
    const none = () => Array.from({ length: hours }, () => 0);
    const row = sums.get(area) ?? { arrived: none(), within: none() };
    row.arrived[hour]! += arrived;
    row.within[hour]! += withinSlo;
    sums.set(area, row);
  }
  const names = new Map(board.world.areas.map(({ id, name }) => [id, name]));
  const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
  const rows = [...sums]
    .map(([id, row]): AreaHoursRow => {
      const cells = row.arrived.map((arrived, hour): HourCell =>
        arrived === 0 ? null : { arrived, ratio: row.within[hour]! / arrived },
      );
      const arrived = total(row.arrived);
      const ratios = cells.map((cell) => cell?.ratio ?? Number.POSITIVE_INFINITY);
      return {
        id,
        name: names.get(id) ?? id,
        cells,
        arrived,
        ratio: arrived > 0 ? total(row.within) / arrived : 0,
        worstHour: ratios.indexOf(Math.min(...ratios)),
      };
    })
    .filter(({ arrived }) => arrived > 0)
    .toSorted((a, b) => b.arrived * (1 - b.ratio) - a.arrived * (1 - a.ratio) || b.arrived - a.arrived);
  const first = Math.floor(result.options.startHourUtc);
  return {
    hoursUtc: Array.from({ length: hours }, (_, hour) => (first + hour) % 24),
    rows: rows.slice(0, limit),
    hidden: Math.max(0, rows.length - limit),
  };
}
