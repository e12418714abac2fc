import { describe, expect, it } from "vitest";
import { meterTokens, textTokensOf } from "./meter.ts";

const counted = { inputTokens: 9, contentEvents: 0, textTokens: 0, maxOutputTokens: null };
const stated = (inputTokens: number | null, outputTokens: number | null) => ({
  inputTokens,
  outputTokens,
  cachedTokens: null,
});

describe("the counts of an attempt", () => {
  it("are the engine's own, a zero included", () => {
    expect(meterTokens(stated(7, 0), { ...counted, contentEvents: 3 })).toEqual({
      tokenSource: "engine",
      inputTokens: 7,
      cachedTokens: 0,
      outputTokens: 0,
    });
  });

  it("are counted in the stream when the engine said nothing, and estimated when there was no stream", () => {
    expect(meterTokens(null, { ...counted, contentEvents: 3 })).toMatchObject({
      tokenSource: "counted",
      inputTokens: 9,
      outputTokens: 3,
    });
    expect(meterTokens(null, { ...counted, textTokens: 5 })).toMatchObject({
      tokenSource: "estimated",
      outputTokens: 5,
    });
  });

  it("need no output where there is none, as of embeddings", () => {
    expect(meterTokens(stated(7, null), counted)).toMatchObject({ tokenSource: "engine", outputTokens: 0 });
  });

  it("do not believe in more output than the caller allowed", () => {
    expect(meterTokens(stated(7, 1_000_000), { ...counted, contentEvents: 3, maxOutputTokens: 16 })).toMatchObject({
      tokenSource: "counted",
      outputTokens: 3,
    });
  });
});

describe("text of a whole answer", () => {
  it.each([
    ["chat", { choices: [{ message: { role: "assistant", content: "12345678" } }] }, 2],
    [
      "a tool call",
      { choices: [{ message: { content: null, tool_calls: [{ function: { arguments: "{}{}" } }] } }] },
      1,
    ],
    ["completions", { choices: [{ text: "1234" }, { text: "5678" }] }, 2],
    ["responses", { output: [{ content: [{ type: "output_text", text: "1234" }] }] }, 1],
    ["thinking", { choices: [{ message: { reasoning: "12345678", content: "1234" } }] }, 3],
    ["thinking that is written twice", { choices: [{ message: { reasoning: "1234", reasoning_content: "1234" } }] }, 1],
    ["nothing", {}, 0],
  ])("stands for a quarter of its characters in tokens: %s", (_name, answer, tokens) => {
    expect(textTokensOf(answer)).toBe(tokens);
  });

  it("ends somewhere, however deep an engine nests it", () => {
    const answer = JSON.parse(`{"choices":${"[".repeat(200_000)}${"]".repeat(200_000)}}`) as Record<string, unknown>;
    expect(textTokensOf(answer)).toBe(0);
  });
});
