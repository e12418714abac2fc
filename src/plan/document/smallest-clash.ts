/**
 * The smallest set of named demands on a model that cannot hold together, by the implicit hitting set method (Ignatiev,
 * Previti, Liffiton, Marques-Silva: "Smallest MUS extraction with minimal hitting set dualization", CP 2015): whatever
 * clashes must meet every set of demands whose loss makes the rest possible.
 */
import { MipBuilder } from "../problem/mip-builder.ts";
import type { MipModel, SolveOptions, Solver } from "../problem/solver.ts";

/** Rows of a model that stand or fall together. */
export interface RowGroup {
  readonly name: string;
  readonly rows: readonly number[];
}

export interface SmallestClash {
  /** Positions of the groups; empty when all hold together. */
  readonly groups: readonly number[];
  /** False when the solver ran out of time on the way: the set clashes, but a smaller one may, too. */
  readonly proven: boolean;
}

/**
 * @param model Its objective is not looked at; rows in no group are facts.
 * @param unsure Another way of telling whether a set of groups holds, asked before the model is searched; null when it cannot tell.
 * @returns null when not even that could be told in time whether all groups hold together.
 */
export async function findSmallestClash(
  model: MipModel,
  groups: readonly RowGroup[],
  solver: Solver,
  options: SolveOptions,
  unsure?: (kept: ReadonlySet<number>) => Promise<boolean | null>,
): Promise<SmallestClash | null> {
  const ask = async (kept: ReadonlySet<number>): Promise<boolean | null> => {
    const lifted = withGroups(model, groups, kept);
    // Where not even parts of modules help, that is soon told.
    const relaxed = await solver.solve({ ...lifted, colInteger: new Uint8Array(model.numCols) }, options);
    if (relaxed.status === "infeasible") return false;
    if (relaxed.solution !== null && (await holdsRoundedUp(lifted, relaxed.solution, solver, options))) return true;
    const told = (await unsure?.(kept)) ?? null;
    if (told !== null) return told;
    const result = await solver.solve(lifted, options);
    if (result.status === "infeasible") return false;
    return result.solution === null ? null : true;
  };
  const all = new Set(groups.keys());
  const together = await ask(all);
  if (together === null) return null;
  if (together) return { groups: [], proven: true };
  if ((await ask(new Set())) === false) return { groups: [], proven: false };

  let proven = true;
  const toHit: number[][] = [];
  for (;;) {
    const candidate = smallestHittingSet(toHit);
    const holds = await ask(candidate);
    // Not knowing counts as holding: the search goes on with larger sets, and ends with all groups at the latest.
    if (holds === null) proven = false;
    if (holds === false) return { groups: [...candidate].sort((a, b) => a - b), proven };
    const grown = new Set(candidate);
    for (const group of all) {
      if (grown.has(group)) continue;
      grown.add(group);
      // What is not told in time is left out: a set known to hold is all that is needed.
      if ((await ask(grown)) !== true) grown.delete(group);
    }
    const missing = [...all].filter((group) => !grown.has(group));
    // Only a set that was not told in time can grow to be everything.
    if (missing.length === 0) return { groups: [...all], proven: false };
    toHit.push(missing);
  }
}

/** Whether the whole numbers of a relaxed answer, rounded up, do: often they do, and a search is saved. */
async function holdsRoundedUp(
  model: MipModel,
  relaxed: Float64Array,
  solver: Solver,
  options: SolveOptions,
): Promise<boolean> {
  const [colLower, colUpper] = [model.colLower.slice(), model.colUpper.slice()];
  for (let col = 0; col < model.numCols; col++) {
    if (model.colInteger[col] === 0) continue;
    colLower[col] = colUpper[col] = Math.min(model.colUpper[col]!, Math.ceil(relaxed[col]! - 1e-6));
  }
  const fixed = { ...model, colLower, colUpper, colInteger: new Uint8Array(model.numCols) };
  return (await solver.solve(fixed, options)).status === "optimal";
}

/** The model with the rows of the other groups lifted and next to nothing to minimise. */
export function withGroups(model: MipModel, groups: readonly RowGroup[], kept: ReadonlySet<number>): MipModel {
  const rowLower = model.rowLower.slice();
  const rowUpper = model.rowUpper.slice();
  for (const [position, { rows }] of groups.entries()) {
    if (kept.has(position)) continue;
    for (const row of rows) {
      rowLower[row] = -Infinity;
      rowUpper[row] = Infinity;
    }
  }
  // Few whole things are better than many, where either would do: rounding up then breaks less.
  const colCost = Float64Array.from(model.colInteger);
  return { ...model, offset: 0, colCost, rowLower, rowUpper };
}

/** A smallest set that shares an element with each of the given ones, by search of rising depth. */
export function smallestHittingSet(sets: readonly (readonly number[])[]): Set<number> {
  const chosen = new Set<number>();
  const search = (left: number): boolean => {
    let open: readonly number[] | undefined;
    for (const set of sets) {
      if (set.some((element) => chosen.has(element))) continue;
      if (open === undefined || set.length < open.length) open = set;
    }
    if (open === undefined) return true;
    if (left === 0) return false;
    for (const element of open) {
      chosen.add(element);
      if (search(left - 1)) return true;
      chosen.delete(element);
    }
    return false;
  };
  for (let size = 0; !search(size); size++);
  return chosen;
}

/**
 * The least total by which the rows of a group must give way for everything else to hold.
 *
 * @returns By row of the group, in the row's own unit; null when that alone does not help, or no answer came in time.
 */
export async function leastRelaxation(
  model: MipModel,
  group: RowGroup,
  solver: Solver,
  options: SolveOptions,
): Promise<Float64Array | null> {
  const builder = new MipBuilder();
  for (let col = 0; col < model.numCols; col++) {
    builder.addCol(0, model.colLower[col]!, model.colUpper[col]!, model.colInteger[col] === 1);
  }
  const slackOf = new Map(group.rows.map((row) => [row, builder.addCol(1, 0, Infinity, false)] as const));
  for (let row = 0; row < model.numRows; row++) {
    builder.addRow(model.rowLower[row]!, model.rowUpper[row]!);
    for (let i = model.rowStarts[row]!; i < model.rowStarts[row + 1]!; i++) {
      builder.addEntry(model.colIndices[i]!, model.values[i]!);
    }
    // A row with an upper bound gives way upwards, one with a lower bound downwards.
    const slack = slackOf.get(row);
    if (slack !== undefined) builder.addEntry(slack, Number.isFinite(model.rowUpper[row]!) ? -1 : 1);
  }
  const result = await solver.solve(builder.build(), options);
  if (result.solution === null) return null;
  return Float64Array.from(group.rows, (row) => Math.max(0, result.solution![slackOf.get(row)!]!));
}
