import { describe, expect, it } from "vitest";
import { PrefixIndex } from "./prefix-index.ts";

const system = "You are a patient teacher of mathematics. ".repeat(40);
const marksOf = (index: PrefixIndex, text: string, owner = "team chat") => index.marks(owner, text, 0, text.length);

describe("the memory of prompts", () => {
  it("finds where the beginning of a prompt was computed, and how much of it", () => {
    const index = new PrefixIndex();
    index.learn(marksOf(index, system + "What is a ring?"), 3);
    expect(index.find(marksOf(index, system + "What is a field?"))).toEqual({ group: 3, tokens: 256 });
    expect(index.find(marksOf(index, system.slice(0, 300) + "x".repeat(2_000)))).toEqual({ group: 3, tokens: 64 });
    expect(index.find(marksOf(index, "y" + system))).toBeNull();
  });

  it("goes by the engine that computed it last", () => {
    const index = new PrefixIndex();
    index.learn(marksOf(index, system), 1);
    index.learn(marksOf(index, system), 2);
    expect(index.find(marksOf(index, system))?.group).toBe(2);
  });

  it("knows nothing of prompts that are too short to matter", () => {
    const index = new PrefixIndex();
    expect(marksOf(index, "Hello")).toEqual([]);
    expect(index.find([])).toBeNull();
  });

  it("keeps tenants and workloads apart", () => {
    const index = new PrefixIndex();
    index.learn(marksOf(index, system, "alice chat"), 1);
    expect(index.find(marksOf(index, system, "bob chat"))).toBeNull();
  });

  it("forgets the oldest instead of growing for ever, and keeps the latest 25,000", () => {
    const index = new PrefixIndex();
    const prompts = Array.from({ length: 50_010 }, (_, number) => index.marks(`${number}`, system, 0, 256));
    for (const marks of prompts) index.learn(marks, 1);
    expect(index.find(prompts[0]!)).toBeNull();
    expect(prompts.slice(-25_000).every((marks) => index.find(marks) !== null)).toBe(true);
  });
});
