import { describe, expect, it } from "vitest";
import { parseQuantity } from "../units/index.ts";
import type { AnyField } from "./field.ts";
import { scenarioReference } from "./index.ts";
import { scenarioSpec } from "./spec.ts";

/** Every field of the specification, with its path. */
function fieldsOf(path: string, field: AnyField): (readonly [string, AnyField])[] {
  const inside = (): (readonly [string, AnyField])[] => {
    if (field.kind === "object")
      return Object.entries(field.fields).flatMap(([key, inner]) => fieldsOf(`${path}.${key}`, inner));
    if (field.kind === "list" || field.kind === "map" || field.kind === "series")
      return fieldsOf(`${path}[]`, field.of);
    if (field.kind === "either") return [...fieldsOf(path, field.withKey), ...fieldsOf(path, field.withoutKey)];
    return [];
  };
  return [[path, field], ...inside()];
}

describe("the specification", () => {
  const fields = fieldsOf("", scenarioSpec);

  it("gives every quantity an example that its own unit reads", () => {
    const wrong = fields.filter(([, field]) => {
      if (field.kind !== "quantity") return false;
      return (
        field.example === undefined ||
        !field.units.some((unit) => parseQuantity(field.example!, { unit, usdPerUnit: { EUR: 1 } }).ok)
      );
    });
    expect(wrong.map(([path]) => path)).toEqual([]);
  });

  it("explains every field in a sentence", () => {
    expect(fields.filter(([, field]) => !/\S.*[.:]$/s.test(field.doc)).map(([path]) => path)).toEqual([]);
  });

  it("has every key on the reference page", () => {
    const page = scenarioReference();
    const keys = fields.map(([path]) => path.split(".").at(-1)!.replaceAll("[]", ""));
    expect(keys.filter((key) => key !== "" && !page.includes(`\`${key}\``))).toEqual([]);
  });
});
