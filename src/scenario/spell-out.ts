import type { AnyField } from "./field.ts";
import type { Tree } from "./tree.ts";

/**
 * Writes short forms out (`ttft: 500 ms` becomes `ttft: { budget: 500 ms }`), so that a patch may add a key beside the one
 * that the short form gives.
 */
export function spellOut(field: AnyField, tree: Tree): Tree {
  switch (field.kind) {
    case "either": {
      const long = tree.kind === "map" && tree.entries.has(field.key);
      return spellOut(long ? field.withKey : field.withoutKey, tree);
    }
    case "list":
      return tree.kind === "list" ? { ...tree, items: tree.items.map((item) => spellOut(field.of, item)) } : tree;
    case "map":
      return entriesSpelledOut(tree, () => field.of);
    case "object": {
      const { fields, shorthand } = field;
      const isShort =
        (tree.kind === "scalar" && tree.value !== null) ||
        (tree.kind === "list" && shorthand !== undefined && fields[shorthand]?.kind === "list");
      if (isShort && shorthand !== undefined)
        return { kind: "map", entries: new Map([[shorthand, { keyAt: tree.at, value: tree }]]), at: tree.at };
      return entriesSpelledOut(tree, (key) => (Object.hasOwn(fields, key) ? fields[key] : undefined));
    }
    default:
      return tree;
  }
}

function entriesSpelledOut(tree: Tree, fieldOf: (key: string) => AnyField | undefined): Tree {
  if (tree.kind !== "map") return tree;
  const entries = [...tree.entries].map(([key, entry]) => {
    const field = fieldOf(key);
    return [key, field === undefined ? entry : { ...entry, value: spellOut(field, entry.value) }] as const;
  });
  return { ...tree, entries: new Map(entries) };
}
