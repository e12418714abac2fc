import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { catalogVersion, type World } from "../../catalog/index.ts";
import type { PlanDocument } from "../../plan/index.ts";
import { sha256Of } from "../terminal/sha256.ts";

/**
 * What has changed since a plan was made, in words: the catalogue, and the files it was made from where they still lie
 * where they lay. A plan carries its world and stays what it is; it may just no longer answer the question as it stands.
 */
export function staleness(path: string, { catalogVersion: made, inputs = [] }: PlanDocument): string[] {
  const found: string[] = [];
  if (made !== catalogVersion) {
    const of = typeof made === "string" ? `it was made with the catalogue of ${made}` : "it does not say its catalogue";
    found.push(`${of}; this program has that of ${catalogVersion}`);
  }
  for (const { name, sha256 } of inputs) {
    const now = textOf(resolve(dirname(path), name));
    if (now !== null && sha256Of(now) !== sha256) found.push(`${name} has changed since`);
  }
  return found;
}

function textOf(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}

/** Sections of two worlds that differ. */
export function differingSections(before: World, after: World): string[] {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]) as Set<keyof World>;
  return [...keys].filter((key) => JSON.stringify(before[key]) !== JSON.stringify(after[key])).sort();
}
