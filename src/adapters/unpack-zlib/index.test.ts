import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { createUnpack } from "./index.ts";

const text = Buffer.from(JSON.stringify({ prompt: "Grüße ".repeat(50) }));
const unpack = createUnpack();

describe("packed bodies", () => {
  it.each([
    ["gzip", gzipSync(text)],
    ["deflate", deflateSync(text)],
    ["br", brotliCompressSync(text)],
  ])("come out as they were packed with %s", async (coding, bytes) => {
    const unpacked = await unpack(coding, bytes, text.length);
    expect(unpacked.ok && Buffer.from(unpacked.bytes).equals(text)).toBe(true);
  });

  it("are given up when they become too long, end early or are something else", async () => {
    const packed = gzipSync(text);
    expect(await unpack("gzip", packed, text.length - 1)).toEqual({ ok: false, fault: "too-large" });
    expect(await unpack("gzip", packed.subarray(0, packed.length - 9), 1e6)).toEqual({ ok: false, fault: "broken" });
    expect(await unpack("br", text, 1e6)).toEqual({ ok: false, fault: "broken" });
    for (const coding of ["zstd", "gzip, gzip", "toString"])
      expect(await unpack(coding, packed, 1e6)).toEqual({ ok: false, fault: "unknown-coding" });
  });

  it("are all unpacked, however many come at once", async () => {
    const all = await Promise.all(Array.from({ length: 20 }, () => unpack("gzip", gzipSync(text), 1e6)));
    expect(all.every(({ ok }) => ok)).toBe(true);
  });
});
