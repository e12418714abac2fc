import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BatchResults } from "./batch-results.ts";
import { fileLines, type FileLine } from "./file-lines.ts";
import { FileWriter } from "./file-writer.ts";
import type { ByteText, FileStore } from "../wire/ports.ts";

/** A store in memory that can fail, and that notes the largest piece it was ever asked for. */
function textStore(files: Record<string, ByteText> = {}) {
  const seen = { largest: 0, fail: false };
  const store: FileStore = {
    async append(name, bytes) {
      await Promise.resolve();
      // A disk that fills up may take a part of what it was given.
      files[name] = (files[name] ?? "") + (seen.fail ? bytes.slice(0, bytes.length / 2) : bytes);
      if (seen.fail) throw new Error("the disk is full");
    },
    async read(name, from = 0, bytes = Number.POSITIVE_INFINITY) {
      seen.largest = Math.max(seen.largest, bytes);
      return files[name]?.slice(from, from + bytes) ?? null;
    },
    async remove(name) {
      delete files[name];
    },
  };
  return { store, files, seen };
}

const all = async (lines: AsyncIterable<FileLine>) => {
  const found: FileLine[] = [];
  for await (const line of lines) found.push(line);
  return found;
};

describe("lines of a file", () => {
  const content = fc.array(fc.constantFrom("a", "bc", "\n", "\n", " ", "ü", "\r"), { maxLength: 60 });

  it("are those of the whole text, wherever it is cut into pieces", async () => {
    await fc.assert(
      fc.asyncProperty(content, fc.integer({ min: 1, max: 20 }), async (parts, bytesAtOnce) => {
        const text = parts.join("");
        const { store } = textStore({ file: text });
        const expected = text
          .split("\n")
          .map((line, index) => ({ number: index + 1, text: line }))
          .filter((line) => line.text.trim() !== "");
        const found = await all(fileLines(store, "file", bytesAtOnce));
        expect(found.map((line) => ({ number: line.number, text: line.text }))).toEqual(expected);
        for (const { start, end, text: line } of found) expect(text.slice(start, end)).toBe(line);
      }),
    );
  });

  it("are none of a file that is not there", async () => {
    expect(await all(fileLines(textStore().store, "file"))).toEqual([]);
  });
});

describe("results of a batch", () => {
  const result = fc.record({
    index: fc.nat(9),
    ok: fc.boolean(),
    result: fc.constantFrom("{}", '{"a":"Ã¼"}', '{"b":"\\n"}'),
  });

  it("are found again after a crash, wherever the last write was cut", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(result, { maxLength: 12 }), fc.nat(40), result, async (kept, cut, next) => {
        const { store, files } = textStore();
        const first = await BatchResults.open(store, "work");
        // All at once, so that they share writes.
        await Promise.all(kept.map(({ index, ok, result: text }) => first.keep(index, ok, text)));
        const whole = files["work"] ?? "";
        const lengths = [...whole.matchAll(/\n/g)].map(({ index }) => index + 1);
        if (whole !== "") files["work"] = whole.slice(0, Math.max(0, whole.length - cut));
        const survived = kept.slice(0, lengths.filter((end) => end - 1 <= (files["work"] ?? "").length).length);
        const again = await BatchResults.open(store, "work");
        await again.keep(next.index, next.ok, next.result);
        const last = new Map([...survived, next].map((entry) => [entry.index, { ok: entry.ok, result: entry.result }]));
        for (let index = 0; index < 10; index++) expect(await again.read(index)).toEqual(last.get(index) ?? null);
        expect(again.failed).toBe([...last.values()].filter(({ ok }) => !ok).length);
        expect(again.completed + again.failed).toBe(last.size);
        const third = await BatchResults.open(store, "work");
        for (let index = 0; index < 10; index++) expect(await third.read(index)).toEqual(last.get(index) ?? null);
      }),
    );
  });

  it("are refused after a write that failed, until they are opened anew", async () => {
    const { store, seen } = textStore();
    const results = await BatchResults.open(store, "work");
    await results.keep(0, true, '{"fine":1}');
    seen.fail = true;
    await expect(results.keep(1, true, "{}")).rejects.toThrow("full");
    seen.fail = false;
    await expect(results.keep(2, true, "{}")).rejects.toThrow("full");
    expect(results.has(1)).toBe(false);
    const again = await BatchResults.open(store, "work");
    await again.keep(1, false, "{}");
    expect(await again.read(0)).toEqual({ ok: true, result: '{"fine":1}' });
    expect(await again.read(1)).toEqual({ ok: false, result: "{}" });
  });

  it("take no more memory than a piece while they are written out", async () => {
    const { store, files, seen } = textStore();
    const writer = new FileWriter(store, "out");
    const line = `${"x".repeat(100_000)}\n`;
    for (let written = 0; written < 40; written++) await writer.add(line);
    expect(await writer.done()).toBe(40 * line.length);
    expect(files["out"]).toBe(line.repeat(40));
    for await (const { text } of fileLines(store, "out")) expect(text).toHaveLength(100_000);
    expect(seen.largest).toBeLessThanOrEqual(1024 * 1024);
    expect(await new FileWriter(store, "none").done()).toBe(0);
    expect(files["none"]).toBeUndefined();
  });
});
