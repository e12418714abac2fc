import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fieldLines } from "./message-head.ts";
import { RepeatedLines } from "./repeated-lines.ts";

const value = fc.constantFrom("", "a", "b", "text/event-stream; charset=utf-8");
const head = fc
  .array(fc.tuple(fc.constantFrom("content-type", "x-request-id", "x-site"), value), { maxLength: 4 })
  .map((fields) => fields.flat());

describe("field lines that repeat", () => {
  it("are those of the fields, whatever came before them", () => {
    fc.assert(
      fc.property(fc.array(head, { maxLength: 3 }), fc.array(fc.nat(2), { maxLength: 40 }), (kinds, order) => {
        const lines = new RepeatedLines();
        for (const kind of order) {
          const fields = kinds[kind] ?? [];
          expect(lines.of(fields)).toBe(fieldLines(fields));
        }
      }),
    );
  });

  it("are so while some values change and others do not", () => {
    const lines = new RepeatedLines();
    fc.assert(
      fc.property(value, fc.string(), value, (type, id, site) => {
        const fields = ["content-type", type, "x-request-id", id.replaceAll(/[^\x20-\x7e]/g, ""), "x-site", site];
        expect(lines.of(fields)).toBe(fieldLines(fields));
      }),
    );
  });
});
