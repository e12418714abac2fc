import type { Plain } from "./field.ts";
import type { Place } from "./problem.ts";

/**
 * What a file says, with the place of every value. YAML, CSV rows, overrides and `--set` all become this one form
 * before anything is checked, so one checker serves them all and every problem can be pointed at.
 */
export type Tree = ScalarTree | ListTree | MapTree;

export interface ScalarTree {
  readonly kind: "scalar";
  readonly value: string | number | boolean | null;
  /** As written; quantities and numbers are read from it, so that no digit is lost. */
  readonly text: string;
  readonly at: Place;
}

export interface ListTree {
  readonly kind: "list";
  readonly items: readonly Tree[];
  readonly at: Place;
}

export interface MapTree {
  readonly kind: "map";
  readonly entries: ReadonlyMap<string, Entry>;
  readonly at: Place;
}

export interface Entry {
  readonly keyAt: Place;
  readonly value: Tree;
}

/** A tree of plain data, all of it at one place; defaults of the specification come in this way. */
export function treeOf(value: Plain, at: Place): Tree {
  if (Array.isArray(value)) return { kind: "list", items: value.map((item: Plain) => treeOf(item, at)), at };
  if (value !== null && typeof value === "object") {
    const entries = Object.entries(value).map(([key, item]) => [key, { keyAt: at, value: treeOf(item, at) }] as const);
    return { kind: "map", entries: new Map(entries), at };
  }
  return { kind: "scalar", value, text: String(value), at };
}

/** The plain data of a tree, without places. */
export function plainOf(tree: Tree): Plain {
  if (tree.kind === "scalar") return tree.value;
  if (tree.kind === "list") return tree.items.map(plainOf);
  return Object.fromEntries([...tree.entries].map(([key, entry]) => [key, plainOf(entry.value)]));
}

export function child(tree: Tree | undefined, key: string): Tree | undefined {
  return tree?.kind === "map" ? tree.entries.get(key)?.value : undefined;
}

export function isNull(tree: Tree): boolean {
  return tree.kind === "scalar" && tree.value === null;
}

/** How a value is called in messages. */
export function describe(tree: Tree): string {
  if (tree.kind === "list") return "a list";
  if (tree.kind === "map") return "a mapping";
  return tree.value === null ? "nothing" : `\`${tree.text.slice(0, 60).replaceAll(/\s+/g, " ")}\``;
}

/**
 * Place of the value at a path. A step that does not exist leaves the place of what it was looked for in; a mapping or
 * list is found at the key that holds it.
 */
export function locate(root: Tree, path: readonly (string | number)[]): Place {
  let tree = root;
  for (const step of path) {
    const next = tree.kind === "list" ? tree.items[Number(step)] : child(tree, String(step));
    if (next === undefined) break;
    tree = next;
  }
  return tree.at;
}
