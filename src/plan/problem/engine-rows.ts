/**
 * A whole number of engines per model and place, as rows of a model for a solver. Per scarce place, with n engines of each kind, of t
 * accelerators and of at least a share m of their memory:
 *
 * | inequality                                                      | because                                          |
 * | --------------------------------------------------------------- | ------------------------------------------------ |
 * | headroom · Σ engines · share ≤ n, per kind                       | as few engines as a layout may do with           |
 * | Σ share(row) ≤ n, per kind and row                               | who is served has an engine                      |
 * | Σ m · t · n ≤ accelerators · modules                             | memory of the place                              |
 * | Σ t · n ≤ accelerators · modules, over kinds of which no two fit | they have accelerators of their own              |
 *
 * Every plan that can be run keeps these, so what is proven with them is proven of it. The room of engines, which the bound by prices
 * counts, is left out: with such a row HiGHS 1.15.3 called a plan optimal that was not, of a model with nine columns.
 */
import type { EngineKind, EngineSlots } from "./engine-slots.ts";
import type { MipBuilder } from "./mip-builder.ts";
import type { PlanProblem } from "./problem.ts";

/** Kinds at one place up to which all sets of rivals are looked at; of more, pairs. */
const mostKinds = 8;
const fullMemory = 1 + 1e-9;

/** @returns The column of each kind's engines; -1 where there is room for all. */
export function addEngines(
  { arcs }: PlanProblem,
  slots: EngineSlots,
  builder: MipBuilder,
  { firstArcCol, moduleCol, rowOf }: { firstArcCol: number; moduleCol: Int32Array; rowOf: Int32Array },
): Int32Array {
  const engineCol = new Int32Array(slots.kinds.length).fill(-1);
  const arcsOf: number[][] = slots.kinds.map(() => []);
  for (const [arc, kind] of slots.kindOfArc.entries()) {
    if (kind >= 0 && slots.places[slots.kinds[kind]!.place]!.isScarce) arcsOf[kind]!.push(arc);
  }
  for (const [kind, served] of arcsOf.entries()) {
    if (served.length === 0) continue;
    const { enginesPerLoad } = slots.kinds[kind]!;
    const most = served.reduce((sum, arc) => sum + arcs.load[arc]! * enginesPerLoad, 0);
    engineCol[kind] = builder.addCol(0, 0, Math.max(1, Math.ceil(most - 1e-9)), true);
  }
  for (const [kind, served] of arcsOf.entries()) {
    if (served.length === 0) continue;
    builder.addRow(-Infinity, 0);
    for (const arc of served) builder.addEntry(firstArcCol + arc, arcs.load[arc]! * slots.kinds[kind]!.enginesPerLoad);
    builder.addEntry(engineCol[kind]!, -1);
    for (let i = 0; i < served.length;) {
      const row = rowOf[served[i]!]!;
      builder.addRow(-Infinity, 0);
      for (; i < served.length && rowOf[served[i]!] === row; i++) builder.addEntry(firstArcCol + served[i]!, 1);
      builder.addEntry(engineCol[kind]!, -1);
    }
  }
  for (const { pools, accelerators, kinds } of slots.places) {
    const here = kinds.filter((kind) => engineCol[kind]! >= 0);
    if (here.length === 0) continue;
    const within = (some: readonly number[], each: (kind: EngineKind) => number): void => {
      builder.addRow(-Infinity, 0);
      for (const kind of some) builder.addEntry(engineCol[kind]!, each(slots.kinds[kind]!));
      for (const pool of pools) builder.addEntry(moduleCol[pool]!, -accelerators);
    };
    within(here, ({ leastRatio, accelerators: each }) => leastRatio * each);
    for (const rivals of rivalsAmong(slots, here)) within(rivals, ({ accelerators: each }) => each);
  }
  return engineCol;
}

/** Largest sets of kinds of which no two fit an accelerator together. */
function rivalsAmong({ kinds }: EngineSlots, here: readonly number[]): number[][] {
  const areRivals = (a: number, b: number): boolean => kinds[a]!.leastRatio + kinds[b]!.leastRatio > fullMemory;
  if (here.length > mostKinds) {
    return here.flatMap((a) => here.filter((b) => b > a && areRivals(a, b)).map((b) => [a, b]));
  }
  const sets: number[][] = [];
  for (let bits = (1 << here.length) - 1; bits > 0; bits--) {
    const some = here.filter((_, k) => bits & (1 << k));
    if (some.length < 2 || some.some((a, i) => some.slice(i + 1).some((b) => !areRivals(a, b)))) continue;
    if (!sets.some((known) => some.every((k) => known.includes(k)))) sets.push(some);
  }
  return sets;
}
