/** The world in which everything uncertain takes its expected value. */
import type { World } from "../../catalog/index.ts";

/**
 * Numbers are weighted means, place by place; where the worlds differ in anything else (a status, a law, the length of a
 * list), the likeliest one is taken.
 */
export function meanWorld(worlds: readonly World[], probabilities: readonly number[]): World {
  const likeliest = probabilities.indexOf(Math.max(...probabilities));
  return mean(worlds, probabilities, likeliest) as World;
}

function mean(values: readonly unknown[], weights: readonly number[], likeliest: number): unknown {
  const [first] = values;
  // Equal numbers stay what they are to the last digit.
  if (values.every((value) => Object.is(value, first))) return first;
  if (values.every((value) => typeof value === "number")) {
    return values.reduce((sum, value, index) => sum + weights[index]! * value, 0);
  }
  if (values.every(Array.isArray)) {
    const lists = values as readonly (readonly unknown[])[];
    if (lists.some((list) => list.length !== lists[0]!.length)) return values[likeliest];
    return lists[0]!.map((_, at) =>
      mean(
        lists.map((list) => list[at]),
        weights,
        likeliest,
      ),
    );
  }
  if (values.every(isRecord)) {
    const keys = new Set(values.flatMap((value) => Object.keys(value)));
    return Object.fromEntries(
      [...keys].map((key) => [
        key,
        mean(
          values.map((value) => value[key]),
          weights,
          likeliest,
        ),
      ]),
    );
  }
  return values[likeliest];
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
