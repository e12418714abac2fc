import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addMember, elementSpans, memberSpans, replaceValue } from "./json-span.ts";

describe("spans of a JSON object's members", () => {
  it("finds outermost members only, however nested, quoted or spaced the rest is", () => {
    const text = ' { "a" : {"model":"no"}, "b\\u006f":1, "c":"\\"model\\":", "model"\n:\t"yes" , "d":[{"model":2}] }';
    const [found, ...others] = memberSpans(text, ["model"]);
    expect(others).toEqual([]);
    expect(text.slice(found!.span.valueStart, found!.span.valueEnd)).toBe('"yes"');
    expect(memberSpans(text, ["bo"])).toHaveLength(1);
  });

  it("finds a member given twice", () => {
    expect(memberSpans('{"model":"a","x":1,"mod\\u0065l":"b"}', ["model"])).toHaveLength(2);
  });

  it("exchanges one value and leaves every other value as it was", () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue()),
        fc.jsonValue(),
        fc.constantFrom(0, 1, 2),
        (other, value, indent) => {
          const before = { ...other, model: "before", last: 1 };
          const text = JSON.stringify(before, null, indent);
          const [found] = memberSpans(text, ["model"]);
          expect(JSON.parse(replaceValue(text, found!.span, value))).toEqual(
            JSON.parse(JSON.stringify({ ...before, model: value })),
          );
        },
      ),
    );
  });

  it("keeps what JSON.parse would lose", () => {
    const text = '{"seed":12345678901234567890,"model":"a"}';
    const [found] = memberSpans(text, ["model"]);
    expect(replaceValue(text, found!.span, "b")).toBe('{"seed":12345678901234567890,"model":"b"}');
  });

  it("finds the elements of a list", () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), fc.constantFrom(0, 1), (values, indent) => {
        const list = JSON.stringify(values, null, indent);
        const text = list.slice(1, -1);
        const elements = elementSpans(text).map(({ start, end }) => JSON.parse(text.slice(start, end)) as unknown);
        expect(elements).toEqual(JSON.parse(list));
      }),
    );
  });

  it("adds a member to full and empty objects", () => {
    expect(addMember(' {"a":1}', "b", { c: true })).toBe(' {"b":{"c":true},"a":1}');
    expect(addMember("{ }", "b", 1)).toBe('{"b":1 }');
  });
});
