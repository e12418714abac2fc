/**
 * The best mix of several ways to use a site when its modules are counted out: a small linear programme over what the site
 * takes under different prices (Dantzig and Wolfe 1960). Its own prices say under which other prices to look next.
 */

/** Less than this share of the largest value is rounding. */
const roundingRatio = 1e-10;
const mostPivots = 60;

export interface SiteMix {
  /** Begins anew with what there is of every resource; Infinity = no limit. */
  begin(limits: Float64Array): void;
  /**
   * Adds a way that is worth `value` and uses `usage[at …]` of the resources; below 0 it adds to them. Returns its position.
   *
   * @param part How much of the site is used this way: 1, or 0 for what only turns resources into others.
   */
  add(value: number, usage: Float64Array, at: number, part?: 0 | 1): number;
  /** Takes a way out of further mixes; only where its weight is 0. */
  drop(way: number): void;
  /** Finds the best mix; fills `prices` per resource, and returns what using the site as a whole is worth beyond them. */
  solve(): number;
  readonly prices: Float64Array;
  /** Share of a way in the best mix. */
  weight(way: number): number;
}

/** @param width Resources. @param most Ways at once. */
export function createSiteMix(width: number, most: number): SiteMix {
  const height = width + 1;
  const across = height + most;
  // A tableau: a row per resource and one that keeps the shares within 1; first the columns of what is left over.
  const table = new Float64Array(height * across);
  const right = new Float64Array(height);
  const rise = new Float64Array(across);
  const basis = new Int32Array(height);
  const place = new Int32Array(across);
  const closed = new Uint8Array(across);
  const prices = new Float64Array(width);
  let ways = 0;
  let largest = 0;

  function pivot(row: number, column: number): void {
    const by = 1 / table[row * across + column]!;
    const end = height + ways;
    for (let c = 0; c < end; c++) table[row * across + c]! *= by;
    table[row * across + column] = 1;
    right[row]! *= by;
    for (let r = 0; r < height; r++) {
      const factor = table[r * across + column]!;
      if (r === row || factor === 0) continue;
      for (let c = 0; c < end; c++) table[r * across + c]! -= factor * table[row * across + c]!;
      table[r * across + column] = 0;
      right[r] = Math.max(0, right[r]! - factor * right[row]!);
    }
    const factor = rise[column]!;
    for (let c = 0; c < end; c++) rise[c]! -= factor * table[row * across + c]!;
    rise[column] = 0;
    place[basis[row]!] = -1;
    basis[row] = column;
    place[column] = row;
  }

  return {
    prices,
    begin(limits) {
      ways = 0;
      largest = 0;
      table.fill(0);
      rise.fill(0);
      place.fill(-1);
      closed.fill(0);
      for (let r = 0; r < height; r++) {
        table[r * across + r] = 1;
        right[r] = r < width ? limits[r]! : 1;
        basis[r] = r;
        place[r] = r;
      }
    },
    add(value, usage, at, part = 1) {
      const column = height + ways++;
      rise[column] = value;
      largest = Math.max(largest, Math.abs(value));
      closed[column] = 0;
      place[column] = -1;
      for (let i = 0; i < height; i++) {
        const used = i < width ? usage[at + i]! : part;
        if (used === 0 || (i < width && right[i] === Infinity)) continue;
        // The columns of what is left over are the inverse of the basis, and their rise the prices.
        rise[column]! += used * rise[i]!;
        for (let r = 0; r < height; r++) table[r * across + column]! += used * table[r * across + i]!;
      }
      return column - height;
    },
    drop(way) {
      closed[height + way] = 1;
    },
    solve() {
      const tiny = roundingRatio * largest;
      for (let turn = 0; turn < mostPivots; turn++) {
        let column = -1;
        for (let c = 0; c < height + ways; c++) {
          if (place[c]! < 0 && closed[c] === 0 && rise[c]! > tiny && (column < 0 || rise[c]! > rise[column]!))
            column = c;
        }
        if (column < 0) break;
        let row = -1;
        for (let r = 0; r < height; r++) {
          const by = table[r * across + column]!;
          if (by <= 1e-9 || right[r] === Infinity) continue;
          if (row < 0) row = r;
          else {
            const left = right[r]! * table[row * across + column]! - right[row]! * by;
            if (left < 0 || (left === 0 && by > table[row * across + column]!)) row = r;
          }
        }
        if (row < 0) break;
        pivot(row, column);
      }
      for (let i = 0; i < width; i++) prices[i] = Math.max(0, -rise[i]!);
      return Math.max(0, -rise[width]!);
    },
    weight(way) {
      const row = place[height + way]!;
      return row < 0 ? 0 : right[row]!;
    },
  };
}
