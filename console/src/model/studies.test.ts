import { describe, expect, it } from "vitest";
import { openStudy } from "./studies.ts";

describe("a result opened in the console", () => {
  it("is known by its format", () => {
    const text = JSON.stringify({ format: "disperse/pareto/v1", points: [] });
    expect(openStudy(text)).toEqual({ ok: true, study: { format: "disperse/pareto/v1", points: [] } });
  });

  it.each([
    ["text", "hello", /no JSON.*--json/],
    ["nothing", "null", /no result/],
    ["a list", "[1]", /does not say/],
    ["something else", '{"format":"disperse/world/v1"}', /“world” are not drawn/],
    ["a newer version", '{"format":"disperse/pareto/v9"}', /format disperse\/pareto\/v9, this console reads/],
    ["a part", '{"format":"disperse/sensitivity/v1","swings":[]}', /no “base”/],
  ])("is refused in words when it is %s", (_what, text, words) => {
    const opened = openStudy(text);
    expect(opened).toMatchObject({ ok: false, why: expect.stringMatching(words) });
  });
});
