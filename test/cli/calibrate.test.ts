import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { geonamesPlaces } from "../../src/adapters/places-geonames/index.ts";
import { acceleratorOf, accelerators, engineProfiles, modelOf, models, resolveWorld } from "../../src/catalog/index.ts";
import { coefficientsOf, predictRun, type EngineCoefficients, type MeasuredRun } from "../../src/perf/index.ts";
import { parseScenario, starterScenario } from "../../src/scenario/index.ts";
import { crash, runCliHere } from "./run-cli.ts";

const scratch = mkdtempSync(join(tmpdir(), "disperse-calibrate-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
const at = (name: string) => join(scratch, name);

/** An engine nobody has fitted: every coefficient is off the catalogue's. */
const truth: EngineCoefficients = {
  ...coefficientsOf(engineProfiles.vllm),
  stepFixedMs: 0.7,
  stepPerLayerUs: 70,
  stepPerSequenceUs: 30,
  memoryCoefficient: 1.15,
  computeCoefficient: 1.1,
  communicationCoefficient: 1.4,
  requestOverheadMs: 25,
};

/** Rows in the plain form, as an engine with exactly these coefficients would have measured them. */
function rowsOf(coefficients: EngineCoefficients): string {
  const lines: string[] = [];
  for (const chip of ["h100-sxm", "h200-sxm"] as const) {
    for (const model of ["llama-3.1-8b", "qwen3-32b", "llama-3.1-70b"] as const) {
      for (const tensorParallel of [1, 2, 4]) {
        for (const [inputTokens, outputTokens] of [
          [128, 512],
          [1024, 1024],
          [8192, 256],
        ] as const) {
          for (const concurrency of [1, 8, 64]) {
            const run: MeasuredRun = {
              spec: {
                accelerator: acceleratorOf(chip, accelerators[chip]),
                tensorParallel,
                model: modelOf(model, models[model]),
                engine: { ...engineProfiles.vllm, memoryUtilization: 0.95, maxSequences: 8192 },
                weightPrecision: "fp8",
                // What vLLM does unless told otherwise, and so what a row without a word on it stands for.
                kvPrecision: "bf16",
              },
              inputTokens,
              outputTokens,
              concurrency,
              ttftMs: 1,
              tpotMs: 1,
            };
            const point = predictRun(run, coefficients);
            if (!point) continue;
            lines.push(
              [
                "vllm",
                chip,
                tensorParallel,
                model,
                "fp8",
                inputTokens,
                outputTokens,
                concurrency,
                point.ttftMs,
                point.tpotMs,
              ].join(),
            );
          }
        }
      }
    }
  }
  return `engine,accelerator,tensorParallel,model,precision,inputTokens,outputTokens,concurrency,ttftMs,tpotMs\n${lines.join("\n")}\n`;
}

describe("disperse calibrate", () => {
  it("finds the coefficients that rows were made with, and a scenario uses them by the file it writes", async () => {
    writeFileSync(at("runs.csv"), rowsOf(truth));
    const run = await runCliHere(["calibrate", at("runs.csv"), "--out", at("engines.csv"), "--json"]);
    expect(run.stderr).toBe("");
    expect(run.exitCode).toBe(0);
    const [engine] = (
      JSON.parse(run.stdout) as {
        engines: { id: string; calibration: { coefficients: EngineCoefficients; bandRatio: number } }[];
      }
    ).engines;
    expect(engine!.id).toBe("vllm-hopper");
    expect(engine!.calibration.bandRatio).toBeLessThan(0.03);
    const found = engine!.calibration.coefficients;
    for (const name of [
      "stepPerLayerUs",
      "stepPerSequenceUs",
      "memoryCoefficient",
      "computeCoefficient",
      "communicationCoefficient",
      "requestOverheadMs",
    ] as const) {
      expect(Math.abs(found[name] / truth[name] - 1), name).toBeLessThan(0.05);
    }

    const scenario = starterScenario()
      .replace(/^workloads:/m, "engines: [{ file: engines.csv }]\n\nworkloads:")
      .replace(/^( +)model: .*$/m, (line: string, indent: string) => `${line}\n${indent}engine: vllm-hopper`);
    const parsed = parseScenario("s.yaml", (name) => (name === "s.yaml" ? scenario : readFileSync(at(name), "utf8")));
    if (!parsed.ok) throw new Error(parsed.problems.map((problem) => problem.message).join("\n"));
    const resolved = resolveWorld(parsed.parsed, geonamesPlaces());
    if (!resolved.ok) throw new Error(resolved.problems.map((problem) => problem.message).join("\n"));
    const own = resolved.world.engines.find((entry) => entry.id === "vllm-hopper")!;
    expect(coefficientsOf(own)).toEqual(found);
    expect(own.byGeneration).toBeUndefined();
    expect(own.calibration!.measured).toContainEqual(["h200-sxm", "llama-3.1-70b"]);
  });

  it("gives a scenario what it reads also where one model ran on one chip, under a name it may have", async () => {
    const [head, ...rows] = rowsOf(truth).split("\n");
    const alone = rows.filter((row) => row.includes("h200-sxm,2,qwen3-32b"));
    writeFileSync(at("alone.csv"), [head, ...alone].join("\n"));
    const run = (id: string) =>
      runCliHere(["calibrate", at("alone.csv"), "--id", id, "--out", at("alone-engines.csv")]);
    const refused = await run("our own");
    expect([refused.exitCode, refused.stderr]).toEqual([3, expect.stringMatching(/--id "our own".*letters, digits/)]);
    expect((await run("our-own")).exitCode).toBe(0);
    const scenario = starterScenario().replace(/^workloads:/m, "engines: [{ file: alone-engines.csv }]\n\nworkloads:");
    writeFileSync(at("alone.yaml"), scenario.replace(/^( +)model: .*$/m, "$&\n$1engine: our-own"));
    const { exitCode, stderr } = await runCliHere(["validate", at("alone.yaml")]);
    expect([exitCode, stderr]).toEqual([0, ""]);
  });

  it("prints fit, errors on what was left out, and a band, and counts the rows it cannot use", async () => {
    const rows = rowsOf(truth).split("\n");
    writeFileSync(at("odd.csv"), [...rows, "vllm,h999,1,llama-3.1-8b,fp8,1,1,1,1,1", "vllm,h100-sxm,1"].join("\r\n"));
    const run = await runCliHere(["calibrate", at("odd.csv"), "--out", at("odd-engines.csv"), "--per", "accelerator"]);
    expect(run.exitCode).toBe(0);
    for (const words of [
      "vllm-h100-sxm",
      "vllm-h200-sxm",
      "left out: all of qwen3-32b",
      "nine of ten times per token within",
    ]) {
      expect(run.stdout).toContain(words);
    }
    expect(run.stderr).toMatch(/1 row\(s\) left out, in line \d+: not in the catalogue: chip h999/);
    expect(run.stderr).toMatch(/1 row\(s\) left out, in line \d+: the row has 3 of the header's 10 cells/);
    expect(run.stderr).toContain("engines: [{ file:");
  });

  const header = "engine,accelerator,tensorParallel,model,precision,inputTokens,outputTokens,concurrency,ttftMs,tpotMs";
  const runs = [1, 2, 4].flatMap((chips) =>
    [1, 4, 16, 64].map((inFlight) => ({
      chips,
      inFlight,
      ttftMs: 400 / chips + inFlight,
      tpotMs: 22 / chips + inFlight / 10,
    })),
  );
  const table = (scale: number): string =>
    runs
      .map(
        ({ chips, inFlight, ttftMs, tpotMs }) =>
          `vllm,h200-sxm,${chips},llama-3.1-70b,fp8,1024,1024,${inFlight},${ttftMs * scale},${tpotMs * scale}`,
      )
      .join("\n");

  it.each([
    ["seconds for milliseconds", `${header}\n${table(0.001)}`, /\d+ times shorter than .* in milliseconds\?/],
    ["microseconds for milliseconds", `${header}\n${table(1000)}`, /\d+ times longer than .* in milliseconds\?/],
    [
      "one set-up fifty times",
      `${header}\n${table(1).split("\n", 1)[0]!.concat("\n").repeat(50)}`,
      /50 runs of 1 set-up\(s\); each counts once[^]*1 run\(s\) say little/,
    ],
    [
      "times that no engine explains",
      `${header}\n${table(1).replaceAll(/[\d.]+$/gm, (ms) => String((Number(ms) * 7919) % 89))}`,
      /do not plan with it/,
    ],
  ])("warns of runs with %s", async (_what, text, words) => {
    writeFileSync(at("doubtful.csv"), `${text}\n`);
    const run = await runCliHere(["calibrate", at("doubtful.csv"), "--out", at("doubtful-engines.csv")]);
    expect(run.exitCode).toBe(0);
    expect(run.stderr).toMatch(words);
  });

  it.each([
    [
      "with one number in flight only",
      `${header}\n${table(1)
        .split("\n")
        .filter((line) => line.includes(",1024,16,"))
        .join("\n")}`,
      /all runs have 16 in flight; how times grow with others stays as in the catalogue/,
    ],
    [
      "without a time per token",
      `${header}\n${table(1).replaceAll(/,[\d.]+$/gm, ",")}`,
      /no run has a time per token; what only that shows stays as in the catalogue/,
    ],
    [
      "without a time to first token",
      `${header}\n${table(1).replaceAll(/,[\d.]+(?=,[\d.]+$)/gm, ",")}`,
      /no run has a time to first token; the overhead of a request stays as in the catalogue/,
    ],
  ])(
    "fits runs %s, says what they cannot tell, and claims no band that they do not show",
    async (_what, text, words) => {
      writeFileSync(at("partial.csv"), `${text}\n`);
      const run = await runCliHere(["calibrate", at("partial.csv"), "--out", at("partial-engines.csv"), "--json"]);
      expect(run.exitCode).toBe(0);
      expect(run.stderr).toMatch(words);
      expect(readFileSync(at("partial-engines.csv"), "utf8")).not.toMatch(/NaN|Infinity/);
      const [engine] = (
        JSON.parse(run.stdout) as {
          engines: { calibration: { coefficients: EngineCoefficients; bandRatio: number } }[];
        }
      ).engines;
      for (const [name, value] of Object.entries(engine!.calibration.coefficients)) {
        expect(value, name).toBeGreaterThanOrEqual(0);
        expect(value, name).toBeLessThan(1000);
      }
      // Fewer than ten times per token: no better than an engine of this kind that nobody has run.
      if (!/first token;/.test(run.stderr)) expect(engine!.calibration.bandRatio).toBeGreaterThanOrEqual(0.143);
    },
  );

  it.each([
    ["parted by semicolons", `${header}\n${table(1)}`.replaceAll(",", ";"), /the columns are parted by semicolons/],
    ["with a header alone", `${header}\n`, /a header and no run below it/],
  ])("refuses a file %s by that name", async (_what, text, words) => {
    writeFileSync(at("odd-form.csv"), text);
    const run = await runCliHere(["calibrate", at("odd-form.csv"), "--out", at("never.csv")]);
    expect([run.exitCode, run.stderr]).toEqual([3, expect.stringMatching(words)]);
  });

  it("takes the results of a load generator, with what they do not tell of the server", async () => {
    const one = rowsOf(truth)
      .split("\n")
      .filter((line) => line.startsWith("vllm,h200-sxm,2,llama-3.1-70b"));
    const results = one.map((line) => {
      const [, , , model, , input, output, concurrency, ttft, tpot] = line.split(",");
      const completed = 10 * Number(concurrency);
      const eachMs = Number(ttft) + Number(tpot) * (Number(output) - 1);
      return JSON.stringify({
        backend: "vllm",
        model_id: `acme/${model}-FP8`,
        request_rate: "inf",
        max_concurrency: Number(concurrency),
        duration: (10 * eachMs) / 1e3,
        completed,
        total_input_tokens: completed * Number(input),
        total_output_tokens: completed * Number(output),
        mean_ttft_ms: Number(ttft),
        mean_tpot_ms: Number(tpot),
      });
    });
    writeFileSync(at("results.jsonl"), results.join("\n"));
    writeFileSync(at("one.csv"), [header, ...one, ""].join("\n"));
    const coefficients = async (file: string, ...server: string[]) => {
      const run = await runCliHere(["calibrate", at(file), ...server, "--out", at("engines.csv"), "--json"]);
      expect(run.exitCode).toBe(0);
      return (JSON.parse(run.stdout) as { engines: { calibration: { coefficients: EngineCoefficients } }[] }).engines;
    };
    const server = ["--accelerator", "h200-sxm", "--tensor-parallel", "2"];
    expect(one.length).toBeGreaterThan(5);
    expect(await coefficients("results.jsonl", ...server)).toEqual(await coefficients("one.csv"));
    const untold = await runCliHere(["calibrate", at("results.jsonl"), "--out", at("never.csv")]);
    expect([untold.exitCode, untold.stderr]).toEqual([3, expect.stringMatching(/--accelerator .* do not tell/)]);
    writeFileSync(at("cut.jsonl"), results.join("\n").slice(0, -9));
    const cut = await runCliHere(["calibrate", at("cut.jsonl"), ...server, "--out", at("never.csv")]);
    expect([cut.exitCode, cut.stderr]).toEqual([3, expect.stringMatching(/line \d+ is no JSON object.*bench serve/)]);
  });

  it.each([
    ["nothing to fit", [], /needs files of measured runs.*--probe/s],
    ["a file that is not there", [join(scratch, "none.csv")], /none\.csv cannot be read: there is no such file/],
    ["a probe without the chip", ["--probe", "http://127.0.0.1:9"], /--accelerator must say which chip/],
    ["a probe of no address", ["--probe", "host:80:80", "--accelerator", "l4"], /is no address/],
    ["a probe nobody answers", ["--probe", "http://127.0.0.1:9", "--accelerator", "l4"], /cannot be reached/],
    [
      "a probe of a model nobody knows",
      ["--probe", "http://127.0.0.1:9", "--accelerator", "l4", "--catalog-model", "llama-9"],
      /--catalog-model: "llama-9" is not known\. Known: /,
    ],
    ["levels that are none", ["--concurrency", "0"], /from 1 on/],
  ])("refuses %s with words and code 3", async (_what, args, words) => {
    const run = await runCliHere(["calibrate", ...args, "--out", at("never.csv")]);
    expect(run.exitCode).toBe(3);
    expect(run.stderr).toMatch(words);
    expect(run.stderr).not.toMatch(crash);
  });
});
