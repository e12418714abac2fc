import { check, type CheckContext } from "./check.ts";
import { applyPatch } from "./overrides.ts";
import { maxCollected, type Problem } from "./problem.ts";
import { scenarioSpec } from "./spec.ts";
import { child, type MapTree, type Tree } from "./tree.ts";

/**
 * Mistakes that no other override can mend. What is missing, or has a length or a name that fits nothing, may come right
 * when several overrides are applied together, so it waits until they are.
 */
const lasting = /^DSP_(UNIT_(?!NO_EXCHANGE_RATE)|SCENARIO_(UNKNOWN_KEY|WRONG_TYPE|WRONG_VALUE|OUT_OF_RANGE)$)/;

/**
 * Finds mistakes inside overrides that nobody asked for this time: a key that does not exist or a value that can never
 * be right. `root` is the scenario with its files read, in itself without problems.
 */
export function checkOverrides(root: MapTree, context: Omit<CheckContext, "problems">): Problem[] {
  const overrides = child(root, "overrides");
  if (overrides?.kind !== "map") return [];
  const found: Problem[] = [];
  for (const { value } of overrides.entries.values()) {
    if (value.kind !== "map") continue;
    const patched = applyPatch(root, value, []);
    const problems: Problem[] = [];
    check(scenarioSpec, touched(patched, value), { ...context, problems });
    const own = placesOf(value, new Set<string>());
    found.push(...problems.filter((item) => lasting.test(item.code) && own.has(keyOf(item))));
    if (found.length >= maxCollected) break;
  }
  return found;
}

/** The sections a patch changes; the others are as they were. */
function touched(tree: Tree, patch: MapTree): Tree {
  if (tree.kind !== "map") return tree;
  const sections = new Set([...patch.entries.keys()].map((key) => key.split(".", 1)[0]!));
  const isOwn = (key: string) => sections.has(key) && key !== "overrides" && key !== "scenarios";
  return { ...tree, entries: new Map([...tree.entries].filter(([key]) => isOwn(key))) };
}

function placesOf(tree: Tree, places: Set<string>): ReadonlySet<string> {
  places.add(keyOf(tree.at));
  if (tree.kind === "list") for (const item of tree.items) placesOf(item, places);
  if (tree.kind === "map") {
    for (const { keyAt, value } of tree.entries.values()) {
      places.add(keyOf(keyAt));
      placesOf(value, places);
    }
  }
  return places;
}

function keyOf({ file, line, column }: { file: string; line: number; column: number }): string {
  return `${line}:${column}:${file}`;
}
