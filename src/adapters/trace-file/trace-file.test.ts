import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import { traceRequests } from "../../simulate/index.ts";
import { readTraceFile, TraceFileError } from "./index.ts";

const scratch = mkdtempSync(join(tmpdir(), "disperse-trace-file-"));
afterAll(() => rmSync(scratch, { recursive: true }));

async function read(content: string | Uint8Array, spoolFromBytes?: number) {
  const path = join(scratch, "trace");
  writeFileSync(path, content);
  const file = await readTraceFile(path, spoolFromBytes === undefined ? {} : { spoolFromBytes });
  const requests = traceRequests(file.trace);
  const rules = Object.fromEntries(file.trace.report.problems.map(({ rule, count }) => [rule, count]));
  file.close();
  return { requests, rules, report: file.trace.report };
}

const header = "TIMESTAMP,ContextTokens,GeneratedTokens\n";
/** Rows whose times jump forwards and back; more than a chunk holds. */
const rows = Array.from({ length: 100_000 }, (_, i) => `${(i * 7919) % 100_000},${1 + (i % 900)},${1 + (i % 90)}`);

describe("readTraceFile", () => {
  it("tells CSV from JSON lines and packed from plain by content, not by name", async () => {
    const json = '{"timestamp":0,"input_length":5,"output_length":6,"hash_ids":[3,4]}\n';
    const csv = `${header}0,5,6\n`;
    const plain = { atMs: 0, inputTokens: 5, outputTokens: 6 };
    expect((await read(csv)).requests).toEqual([plain]);
    expect((await read(gzipSync(csv))).requests).toEqual([plain]);
    expect((await read(json)).requests).toEqual([{ ...plain, prefixHashes: [3, 4] }]);
    expect((await read(gzipSync(json))).requests).toEqual([{ ...plain, prefixHashes: [3, 4] }]);
    expect((await read(Buffer.from(`\uFEFF${csv}`, "utf16le"))).requests).toEqual([plain]);
  });

  it("gives the same requests through a temporary file as in memory, sorted", async () => {
    const text = `${header}${rows.join("\n")}\n`;
    const inMemory = await read(text);
    const spooled = await read(text, 0);
    // As texts: to compare a hundred thousand objects field by field takes seconds.
    expect(JSON.stringify(spooled.requests) === JSON.stringify(inMemory.requests)).toBe(true);
    expect(spooled.rules).toEqual(inMemory.rules);
    expect(spooled.requests).toHaveLength(100_000);
    expect(spooled.requests.every(({ atMs }, i, all) => i === 0 || atMs >= all[i - 1]!.atMs)).toBe(true);
  });

  it("keeps what stands before the end of an archive that was cut off, and says so", async () => {
    const packed = gzipSync(`${header}${rows.slice(0, 50_000).join("\n")}\n`);
    const { requests, rules } = await read(packed.subarray(0, packed.length / 2));
    expect(requests.length).toBeGreaterThan(1000);
    expect(requests.length).toBeLessThan(50_000);
    expect(rules["truncated"]).toBeGreaterThanOrEqual(1);
  });

  it("gets through bytes that are no text, with or without ends of lines", async () => {
    const noise = Buffer.alloc(5_000_000);
    for (let i = 0; i < noise.length; i++) noise[i] = (i * 7919 + (i >> 7)) & 0xff;
    for (const bytes of [noise, noise.filter((byte) => byte !== 10), Buffer.alloc(6_000_000)]) {
      const { requests, report } = await read(bytes);
      expect(requests).toEqual([]);
      for (const { example } of report.problems) expect(example).not.toMatch(/\p{Cc}/u);
    }
  });

  it("does not let a wrong clock in the first row condemn the rest", async () => {
    const { requests, rules } = await read(
      `${header}1970-01-01 00:00:00,1,1\n2024-05-10 00:00:00.1+00:00,2,2\n2024-05-10 02:00:01+02:00,3,3\n`,
    );
    expect(rules).toEqual({ "absurd-time": 1 });
    expect(requests.map(({ atMs, inputTokens }) => [Math.round(atMs), inputTokens])).toEqual([
      [0, 2],
      [900, 3],
    ]);
  });

  it("names archives and tables of other forms instead of reading their bytes for rows", async () => {
    const tar = Buffer.alloc(1024);
    tar.write("chunk-1-trace.csv", 0);
    tar.write("ustar", 257);
    for (const [bytes, form] of [
      [Buffer.from("PK\u0003\u0004\u0014\u0000", "latin1"), /is a zip archive/],
      [Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 1]), /is compressed with zstd/],
      [Buffer.from("PAR1\u0015"), /is a Parquet file/],
      [gzipSync(tar), /is a tar archive/],
    ] as const) {
      await expect(read(bytes)).rejects.toThrow(form);
    }
  });

  it("says which file cannot be read, and why", async () => {
    await expect(readTraceFile(join(scratch, "none"))).rejects.toThrow(TraceFileError);
    await expect(readTraceFile(join(scratch, "none"))).rejects.toThrow(/none cannot be read: ENOENT/);
    await expect(readTraceFile(scratch)).rejects.toThrow(/EISDIR/);
  });
});
