/**
 * The part of a large problem's arcs that its prices and plans are sought with. Where demand may be served from hundreds of places,
 * a few dozen of them are ever worth a look; what the others could do is asked of the prices in one pass (column generation,
 * Gilmore and Gomory 1961), and those that could do better join the part.
 */
import { moduleSpreadUsd } from "../bound/first-prices.ts";
import type { LagrangianResult } from "../bound/lagrangian.ts";
import type { PlanProblem } from "../problem/problem.ts";
import { withArcs, type RestrictedProblem } from "../problem/restrict-arcs.ts";
import type { Steps } from "../problem/steps.ts";

/** Arcs of each row in the first part: so many of the cheapest, and as many of those that cost about as much. */
const usualPerRow = 16;
/** By how much of its cost an arc of the second kind may seem dearer: alike places are then shared out among the rows. */
const aboutShare = 0.15;
/** Arcs of a row that join at once, and how much dearer than the row's price they may be, as a share of it. */
const joiningPerRow = 8;
const joiningShare = 0.02;
/** Rows between two places to pause. */
const rowsPerStep = 512;

/** Which arcs of a problem are in its part. */
export type ArcMarks = Uint8Array;

/**
 * The first part. Beside the cheapest arcs it has the one of each row that takes least, one of every pool, and one of each row that
 * helps to keep a limit: so what follows from the limits of the whole follows from those of the part, and what may stand is the same.
 */
export function* firstPart(problem: PlanProblem, perRow = usualPerRow): Steps<ArcMarks> {
  const { rows, arcs, pools } = problem;
  const marks = new Uint8Array(arcs.pool.length);
  const spread = moduleSpreadUsd(problem);
  const helps = helpfulArcs(problem);
  const known = new Uint8Array(pools.count);
  let widest = 1;
  for (let row = 0; row < rows.count; row++) widest = Math.max(widest, arcs.starts[row + 1]! - arcs.starts[row]!);
  const usd = new Float64Array(widest);
  const about = new Float64Array(widest);
  for (let row = 0; row < rows.count; row++) {
    if (row % rowsPerStep === 0) yield "choosing places to look at";
    const [from, end] = [arcs.starts[row]!, arcs.starts[row + 1]!];
    const count = end - from;
    if (count <= 2 * perRow) {
      marks.fill(1, from, end);
      continue;
    }
    let [least, help] = [from, -1];
    for (let arc = from; arc < end; arc++) {
      const pool = arcs.pool[arc]!;
      const at = arc - from;
      usd[at] = arcs.usd[arc]! + arcs.load[arc]! * spread[pool]!;
      about[at] = usd[at]! * (1 + aboutShare * scattered(row, pools.site[pool]!));
      if (arcs.load[arc]! < arcs.load[least]!) least = arc;
      if (helps?.[arc] === 1 && (help < 0 || usd[at]! < usd[help - from]!)) help = arc;
      if (known[pool] === 0) known[pool] = marks[arc] = 1;
    }
    marks[least] = 1;
    if (help >= 0) marks[help] = 1;
    for (const keys of [usd, about]) {
      const most = nthLeast(keys.slice(0, count), perRow - 1);
      for (let at = 0; at < count; at++) if (keys[at]! <= most) marks[from + at] = 1;
    }
  }
  return marks;
}

/** 1 for arcs that make room under a limit; null where none does. */
function helpfulArcs({ arcs, limits }: PlanProblem): Uint8Array | null {
  if (!limits.some((limit) => limit.arcWeights?.some((weight) => weight < 0))) return null;
  const helps = new Uint8Array(arcs.pool.length);
  for (const { arcs: counted = [], arcWeights } of limits) {
    for (let i = 0; i < counted.length; i++) if (arcWeights![i]! < 0) helps[counted[i]!] = 1;
  }
  return helps;
}

/** A number from 0 to 1 that is another for every row and place, the same whenever it is asked for. */
function scattered(row: number, site: number): number {
  let hash = Math.imul(row + 1, 0x9e3779b1) ^ Math.imul(site + 1, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  hash = Math.imul(hash ^ (hash >>> 13), 0x297a2d39);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}

/** The n-th least of some numbers, counted from 0; puts them in another order (Hoare 1961). */
function nthLeast(values: Float64Array, n: number): number {
  let [low, high] = [0, values.length - 1];
  while (low < high) {
    const pivot = values[(low + high) >> 1]!;
    let [i, j] = [low, high];
    while (i <= j) {
      while (values[i]! < pivot) i++;
      while (values[j]! > pivot) j--;
      if (i > j) break;
      const held = values[i]!;
      values[i++] = values[j]!;
      values[j--] = held;
    }
    if (n <= j) high = j;
    else if (n >= i) low = i;
    else break;
  }
  return values[n]!;
}

/** The problem with the marked arcs alone. As many modules may be of use in it as in the whole. */
export function partOfArcs(problem: PlanProblem, marks: ArcMarks): RestrictedProblem {
  const { rows, arcs, pools } = problem;
  let count = 0;
  for (const mark of marks) count += mark;
  const starts = new Int32Array(rows.count + 1);
  const arc = new Int32Array(count);
  let end = 0;
  for (let row = 0; row < rows.count; row++) {
    for (let a = arcs.starts[row]!; a < arcs.starts[row + 1]!; a++) if (marks[a] === 1) arc[end++] = a;
    starts[row + 1] = end;
  }
  const load = new Float64Array(pools.count);
  for (let a = 0; a < arcs.pool.length; a++) load[arcs.pool[a]!]! += arcs.load[a]!;
  const useful = load.map((most, pool) => Math.max(Math.ceil(most - 1e-9), pools.useful?.[pool] ?? 0));
  return withArcs({ ...problem, pools: { ...pools, useful } }, starts, arc);
}

/** What the arcs outside a part say of its prices. */
export interface Outside {
  /** Prices of rows lowered as far as arcs outside would earn by them where that costs the bound something. USD/year. */
  readonly rowPrice: Float64Array;
  /** How many joined the part. */
  readonly joined: number;
}

/** Asks the arcs outside a part what they would earn at the part's prices, and marks the best of those that count. */
export function* askOutside(problem: PlanProblem, marks: ArcMarks, bound: LagrangianResult): Steps<Outside> {
  const { rows, arcs, pools, sites } = problem;
  const { modulePrice, portPrice, spareUsd } = bound;
  const arcUsd = withLimitPrices(problem, bound.limitPrice);
  const offerOf = (row: number): number => Math.min(bound.rowPrice[row]!, rows.unservedUsd[row]!);
  const earned = new Float64Array(sites.count);
  for (let row = 0; row < rows.count; row++) {
    if (row % rowsPerStep === 0) yield "asking the places left out";
    const offer = offerOf(row);
    // The arcs of a row at one site follow each other: what the best one outside earns beyond the best one inside.
    let [site, inside, outside] = [-1, 0, 0];
    for (let arc = arcs.starts[row]!; arc < arcs.starts[row + 1]!; arc++) {
      const pool = arcs.pool[arc]!;
      const at = pools.site[pool]!;
      if (at !== site) {
        if (outside > inside) earned[site]! += outside - inside;
        [site, inside, outside] = [at, 0, 0];
      }
      const left = offer - arcUsd[arc]! - arcs.load[arc]! * modulePrice[pool]! - rows.gbps[row]! * portPrice[at]!;
      if (marks[arc] === 1) inside = Math.max(inside, left);
      else outside = Math.max(outside, left);
    }
    if (outside > inside) earned[site]! += outside - inside;
  }
  // Where what they earn opens no place it costs the bound nothing.
  const counts = Uint8Array.from(earned, (usd, site) => (usd > spareUsd[site]! ? 1 : 0));
  const rowPrice = bound.rowPrice.slice();
  let joined = 0;
  const best: { arc: number; left: number }[] = [];
  for (let row = 0; row < rows.count; row++) {
    if (row % rowsPerStep === 0) yield;
    const offer = offerOf(row);
    best.length = 0;
    let highest = 0;
    for (let arc = arcs.starts[row]!; arc < arcs.starts[row + 1]!; arc++) {
      const pool = arcs.pool[arc]!;
      const site = pools.site[pool]!;
      if (marks[arc] === 1 || counts[site] === 0) continue;
      const left = offer - arcUsd[arc]! - arcs.load[arc]! * modulePrice[pool]! - rows.gbps[row]! * portPrice[site]!;
      if (left < -joiningShare * Math.abs(offer)) continue;
      if (left > highest) highest = left;
      if (best.length === joiningPerRow && left <= best.at(-1)!.left) continue;
      if (best.length === joiningPerRow) best.pop();
      best.push({ arc, left });
      best.sort((a, b) => b.left - a.left || a.arc - b.arc);
    }
    for (const { arc } of best) marks[arc] = 1;
    joined += best.length;
    rowPrice[row] = Math.min(rowPrice[row]!, Math.max(0, offer - highest));
  }
  return { rowPrice, joined };
}

/** What serving over each arc costs with the limits that count it. */
function withLimitPrices({ arcs, limits }: PlanProblem, limitPrice: Float64Array): Float64Array {
  let usd = arcs.usd;
  for (const [l, { arcs: counted, arcWeights }] of limits.entries()) {
    if (counted === undefined || !(limitPrice[l]! > 0)) continue;
    if (usd === arcs.usd) usd = arcs.usd.slice();
    for (let i = 0; i < counted.length; i++) usd[counted[i]!]! += limitPrice[l]! * arcWeights![i]!;
  }
  return usd;
}
