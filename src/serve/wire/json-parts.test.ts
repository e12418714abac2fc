import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hasMoreParts } from "./json-parts.ts";

function partsOf(value: unknown): number {
  if (typeof value === "string") return 1;
  if (typeof value !== "object" || value === null) return 0;
  const inside = Array.isArray(value) ? value : Object.entries(value).flat();
  return inside.reduce((sum: number, part) => sum + partsOf(part), 1);
}

describe("the parts of a JSON text", () => {
  it("are its texts, names, lists and objects, however quoted and spaced", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(0, 2), fc.nat(20), (value, indent, most) => {
        const padded = `${JSON.stringify(value, null, indent)}${" ".repeat(most)}`;
        expect(hasMoreParts(padded, most)).toBe(partsOf(value) > most);
      }),
    );
  });

  it("are looked for in whatever comes, without an end that never comes", () => {
    fc.assert(fc.property(fc.string(), (text) => void hasMoreParts(text, 1)));
    expect(hasMoreParts('"'.repeat(1_000_001), 1_000_000)).toBe(false);
  });
});
