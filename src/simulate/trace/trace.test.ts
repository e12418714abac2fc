import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { publishedFile } from "../../../test/published-data.ts";
import { parseCsvTrace } from "./trace-csv.ts";
import { parseJsonlTrace } from "./trace-jsonl.ts";
import { traceRequests, type Trace } from "./trace.ts";

const header = "TIMESTAMP,ContextTokens,GeneratedTokens";
const good = "2023-11-16 18:17:03.9799600,4808,10";
const csv = (...rows: string[]) => parseCsvTrace([header, ...rows, ""].join("\n"));
const rules = (trace: Trace) =>
  Object.fromEntries(trace.report.problems.map((problem) => [problem.rule, problem.count]));

describe("parseCsvTrace", () => {
  it("reads Azure's columns and keeps fractions of a millisecond", () => {
    const trace = csv(good, "2023-11-16 18:17:04.0319605,3180,8");
    expect(traceRequests(trace)).toHaveLength(2);
    expect(traceRequests(trace)[1]!.atMs).toBeCloseTo(52.0005, 4);
    expect(traceRequests(trace)[1]).toMatchObject({ inputTokens: 3180, outputTokens: 8 });
    expect(trace.report.problems).toEqual([]);
  });

  it("finds columns by name in any order, and reads seconds", () => {
    const trace = parseCsvTrace("output_tokens,id,time,input_tokens\n5,a,1.5,7\n6,b,2.0,8\n");
    expect(traceRequests(trace)).toEqual([
      { atMs: 0, inputTokens: 7, outputTokens: 5 },
      { atMs: 500, inputTokens: 8, outputTokens: 6 },
    ]);
  });

  it("reads tabs and semicolons, quoted fields with separators in them, and times as programs write them", () => {
    const expected = [
      { atMs: 0, inputTokens: 472, outputTokens: 18 },
      { atMs: 1000, inputTokens: 1087, outputTokens: 230 },
    ];
    const columns = ["Timestamp", "Model", "Request tokens", "Response tokens"];
    for (const separator of [",", ";", "\t"]) {
      const table = [columns, ["-1e0", `"a${separator} b"`, "472", "18"], ["0.0", '"c"', "1087", "230"]];
      const trace = parseCsvTrace(table.map((row) => row.join(separator)).join("\r\n"));
      expect(traceRequests(trace)).toEqual(expected);
      expect(trace.report.problems).toEqual([]);
    }
    expect(traceRequests(parseCsvTrace("time,input_tokens,output_tokens\n0,1,1\n5e-05,1,1"))[1]!.atMs).toBeCloseTo(
      0.05,
      9,
    );
    // An open quote swallows no more than its row.
    expect(rules(csv('"2023-11-16 18:17:03,1,1', good))).toEqual({ malformed: 1 });
  });

  it("reads what spreadsheets of other countries write, bars between columns, and times of logs", () => {
    const expected = [
      { atMs: 0, inputTokens: 7, outputTokens: 5 },
      { atMs: 1500, inputTokens: 8, outputTokens: 6 },
    ];
    for (const text of [
      "sep=;\r\ntime;input_tokens;output_tokens\r\n0;7;5\r\n1,5;8;6\r\n",
      "time|input_tokens|output_tokens\n0|7|5\n1.5|8|6\n",
      'time,input_tokens,output_tokens\n"2024-01-01 00:00:00,000",7,5\n"2024-01-01 00:00:01,500",8,6\n',
    ]) {
      const trace = parseCsvTrace(text);
      expect([traceRequests(trace), trace.report.problems]).toEqual([expected, []]);
    }
  });

  it("takes quoted texts of several lines for one field, and no part of them for a row", () => {
    const head = "id,prompt,time,input_tokens,output_tokens";
    const trace = parseCsvTrace(`${head}\n1,"say\n""x"",\n9,9,5,1,1\nend",0,7,5\n2,"b",1,8,6\n3,"c`);
    expect(traceRequests(trace)).toEqual([
      { atMs: 0, inputTokens: 7, outputTokens: 5 },
      { atMs: 1000, inputTokens: 8, outputTokens: 6 },
    ]);
    expect(trace.report.problems).toMatchObject([{ rule: "truncated", count: 1, firstLine: 7 }]);
    // A quote that nothing ends, or not where a row ends, leaves the rows below it alone.
    const stray = parseCsvTrace(`${head}\n1,"a,0,1,1\n2,b,1,2,2\n3,c,2,3,3\n4,d",3,4\n5,e,4,5,5\n`);
    expect(traceRequests(stray).map(({ inputTokens }) => inputTokens)).toEqual([2, 3, 5]);
    expect(stray.report.problems).toMatchObject([{ rule: "malformed", count: 2, firstLine: 2 }]);
    // Nor does one behind whose end its field goes on.
    const loose = parseCsvTrace('time,input_tokens,output_tokens,prompt\n0,1,1,"what\n1,2,2,a 5" pipe\n2,3,3,end\n');
    expect(traceRequests(loose).map(({ inputTokens }) => inputTokens)).toEqual([1, 2, 3]);
  });

  it("takes no longer for texts full of separators, or for files full of quotes that nothing ends, than for others", () => {
    const head = "prompt,time,input_tokens,output_tokens,answer";
    const text = parseCsvTrace(`${head}\n"${"a, ".repeat(300_000)}",0,7,5,b\n`);
    expect(traceRequests(text)).toEqual([{ atMs: 0, inputTokens: 7, outputTokens: 5 }]);
    const open = Array.from({ length: 200_000 }, (_, second) => `5" pipe,${second},7,5,"b`);
    expect(parseCsvTrace(`${head}\n${open.join("\n")}\n`).count).toBe(open.length);
  }, 20_000);

  it("knows columns by other usual names, and the unit of times from the name or from how large they are", () => {
    const expected = [
      { atMs: 0, inputTokens: 7, outputTokens: 5 },
      { atMs: 1500, inputTokens: 8, outputTokens: 6 },
    ];
    for (const [head, first, second] of [
      ["timestamp,context_tokens,generated_tokens", "0,7,5", "1.5,8,6"],
      ["Arrived At,Num Prefill Tokens,Num Decode Tokens", "0,7,5", "1.5,8,6"],
      ["time,input,output", "1715299200,7,5", "1715299201.5,8,6"],
      ["timestamp_ms,input_tokens,output_tokens", "0,7,5", "1500,8,6"],
      ["output_tokens,input_tokens,Arrival Time (us)", "5,7,0", "6,8,1500000"],
      ["time [min],prompt_tokens,completion_tokens", "0,7,5", "0.025,8,6"],
      ["timestamp,input_tokens,output_tokens", "1715299200000,7,5", "1715299201500,8,6"],
      ["timestamp,prompt,input_tokens,output_tokens", "0,hello,7,5", "1.5,you,8,6"],
      ["id,Time (UTC),Input Tokens,Output Tokens", "1,2024-05-10 00:00,7,5", "2,2024-05-10 00:00:01.5,8,6"],
      ["id,arrival_timestamp,input_tokens,output_tokens", "1,60,7,5", "2,61.5,8,6"],
      [header, "2024-05-10 00:00,7,5", "2024-05-10 00:00:01.5 UTC,8,6"],
      [header, "2024-05-10 00:00:00+00,7,5", "2024-05-10T02:00:01.5 +02:00,8,6"],
    ]) {
      const trace = parseCsvTrace([head, first, second].join("\n"));
      expect(traceRequests(trace)).toEqual(expected);
      expect(trace.report.problems).toEqual([]);
    }
  });

  it("takes the first three columns where names say nothing, unless there are more to choose from", () => {
    const expected = [{ atMs: 0, inputTokens: 7, outputTokens: 5 }];
    expect(traceRequests(parseCsvTrace("when,asked,told\n60,7,5"))).toEqual(expected);
    expect(traceRequests(parseCsvTrace("60,7,5,chat\n"))).toEqual(expected);
    // The number of a request is no time, and its time no length.
    const unknown = parseCsvTrace("request,when,asked,told\n1,1715299200,7,5\n2,1715299201,8,6");
    expect(traceRequests(unknown)).toEqual([]);
    expect(rules(unknown)).toEqual({ "bad-time": 3 });
  });

  it("counts leap days and the turn of the year", () => {
    const trace = csv(
      "2024-02-28 23:59:59,1,1",
      "2024-03-01 00:00:00,1,1",
      "2024-12-31 23:59:59,1,1",
      "2025-01-01 00:00:01,1,1",
    );
    expect(traceRequests(trace).map((request) => request.atMs / 1000)).toEqual([0, 86_401, 26_524_800, 26_524_802]);
    expect(rules(csv("2023-02-29 00:00:00,1,1"))).toEqual({ "bad-time": 1 });
  });

  it("sorts unordered rows and starts at the earliest", () => {
    const trace = csv("10,1,1", "5,2,2", "7,3,3");
    expect(traceRequests(trace).map((request) => request.atMs)).toEqual([0, 2000, 5000]);
    expect(rules(trace)).toEqual({ unordered: 1 });
  });

  it("names and counts every kind of bad row, with the line of the first", () => {
    const trace = csv(
      good,
      "yesterday,1,1",
      "2023-13-45 99:00:00,1,1",
      "2023-11-16 18:17:04,NaN,8",
      "2023-11-16 18:17:04,12.5,8",
      "2023-11-16 18:17:04,-4,8",
      "2023-11-16 18:17:04,1e99,8",
      "2023-11-16 18:17:04,99999999999,8",
      "2023-11-16 18:17:04,0,8",
      "2093-11-16 18:17:04,7,8",
      "2023-11-16 18:17:05,7",
      "2023-11-16 18:17:05,7,8,9",
      "2023-11-16 18:17:06,7,8",
      "2023-11-16 18:17:06,7,8",
    );
    expect(rules(trace)).toEqual({
      "bad-time": 2,
      "bad-tokens": 4,
      "absurd-tokens": 1,
      "empty-request": 1,
      "absurd-time": 1,
      malformed: 2,
      duplicated: 1,
    });
    expect(trace.report.problems.find((problem) => problem.rule === "bad-time")!.firstLine).toBe(3);
    expect(traceRequests(trace)).toHaveLength(3);
    expect(trace.report.rows).toBe(14);
  });

  it("recognises a file that was cut off", () => {
    const trace = parseCsvTrace(`${header}\n${good}\n2023-11-16 18:17:04.03,31`);
    expect(rules(trace)).toEqual({ truncated: 1 });
  });
});

describe("parseJsonlTrace", () => {
  it("reads Qwen-Bailian's traces, in seconds and with blocks of as many tokens as theirs have", () => {
    const line = (timestamp: number, input_length: number, blocks: number) =>
      JSON.stringify({
        chat_id: 1,
        parent_chat_id: -1,
        timestamp,
        input_length,
        output_length: 9,
        hash_ids: Array.from({ length: blocks }, (_, block) => block),
      });
    const trace = parseJsonlTrace([line(61.114, 521, 33), line(62.614, 3, 1), line(63.114, 48, 3)].join("\n"));
    expect(traceRequests(trace).map(({ atMs }) => Math.round(atMs))).toEqual([0, 1500, 2000]);
    expect(trace.hashBlockTokens).toBe(16);
    // Some leave the last block out where it is not full.
    expect(parseJsonlTrace([line(0, 130, 2), line(1, 320, 5)].join("\n")).hashBlockTokens).toBe(64);
  });

  it("reads Mooncake's fields", () => {
    const trace = parseJsonlTrace(
      '{"timestamp": 100, "input_length": 6758, "output_length": 500, "hash_ids": [0, 1]}\n{"timestamp": 103, "input_length": 9, "output_length": 2}\n',
    );
    expect(traceRequests(trace)).toEqual([
      { atMs: 0, inputTokens: 6758, outputTokens: 500, prefixHashes: [0, 1] },
      { atMs: 3, inputTokens: 9, outputTokens: 2 },
    ]);
  });

  it("finds fields by the names that columns have, and reads lists of records", () => {
    const expected = [
      { atMs: 0, inputTokens: 7, outputTokens: 5 },
      { atMs: 1500, inputTokens: 8, outputTokens: 6 },
    ];
    const first = '{"arrival_time":10,"prompt":"x","prompt_tokens":7,"completion_tokens":5}';
    const second = '{"arrival_time":11.5,"prompt":"y","prompt_tokens":8,"completion_tokens":6}';
    for (const text of [
      `${first}\n${second}\n`,
      `[${first}, ${second}]`,
      `[\n  ${first},\n  ${second}\n]\n`,
      `[${first},\n${second}]\n`,
      '{"timestamp":0,"input_length":7,"output_length":5}\n{"timestamp":1500,"input_length":8,"output_length":6}',
    ]) {
      const trace = parseJsonlTrace(text);
      expect([traceRequests(trace), trace.report.problems]).toEqual([expected, []]);
    }
  });

  it("reads times that are dates, with or without an offset, and numbers that are texts", () => {
    const at = (...stamps: string[]) =>
      traceRequests(
        parseJsonlTrace(
          stamps.map((timestamp) => JSON.stringify({ timestamp, input_length: 9, output_length: 2 })).join("\n"),
        ),
      ).map(({ atMs }) => atMs);
    expect(at("2024-03-31T01:59:59.5Z", "2024-03-31T04:00:00+02:00")).toEqual([0, 500]);
    expect(at("100", "103.5")).toEqual([0, 3.5]);
  });

  it("names what it cannot use", () => {
    const trace = parseJsonlTrace(
      '[1]\nnull\n{"timestamp": "soon", "input_length": 1, "output_length": 1}\n{"timestamp": 1, "output_length": 1}\n{"timestamp": 1, "input_length": 1, "output_length": 1, "hash_ids": "x"}\n{"timestamp": 1, "input_le',
    );
    expect(rules(trace)).toEqual({ malformed: 3, "bad-time": 1, "bad-tokens": 1, truncated: 1 });
    expect(traceRequests(trace)).toEqual([]);
  });
});

describe("both parsers", () => {
  it("never let a number through that is not one, whatever the text", () => {
    const field = fc.oneof(
      fc.string(),
      fc.double().map(String),
      fc.integer().map(String),
      fc.constant("2024-01-01 00:00:00"),
    );
    const rows = fc.array(
      fc.array(field, { maxLength: 5 }).map((fields) => fields.join(",")),
      { maxLength: 20 },
    );
    fc.assert(
      fc.property(rows, fc.array(fc.oneof(fc.string(), fc.json()), { maxLength: 20 }), (lines, objects) => {
        for (const trace of [parseCsvTrace([header, ...lines].join("\n")), parseJsonlTrace(objects.join("\n"))]) {
          let before = 0;
          for (const { atMs, inputTokens, outputTokens } of traceRequests(trace)) {
            expect(atMs >= before && Number.isFinite(atMs)).toBe(true);
            expect(Number.isInteger(inputTokens) && inputTokens > 0).toBe(true);
            expect(Number.isInteger(outputTokens) && outputTokens > 0).toBe(true);
            before = atMs;
          }
          const skipped = trace.report.problems.filter((problem) => problem.action === "skipped");
          const count = skipped.reduce((sum, problem) => sum + problem.count, 0);
          expect(trace.report.rows).toBe(trace.report.used + count);
        }
      }),
    );
  });
});

const azure = publishedFile("traces/azure/AzureLLMInferenceTrace_code.csv");
const mooncake = publishedFile("traces/mooncake/conversation_trace.jsonl.gz");

describe("published traces", () => {
  it.skipIf(azure === null)("reads the Azure code trace whole", () => {
    const trace = parseCsvTrace(readFileSync(azure!, "utf8"));
    expect(trace.report).toMatchObject({ rows: 8819, used: 8819 });
    expect(traceRequests(trace).at(-1)!.atMs / 60_000).toBeGreaterThan(55);
  });

  it.skipIf(mooncake === null)("reads the Mooncake trace whole", () => {
    const trace = parseJsonlTrace(gunzipSync(readFileSync(mooncake!)).toString("utf8"));
    expect(trace.report).toMatchObject({ rows: 12_031, used: 12_031 });
  });
});
