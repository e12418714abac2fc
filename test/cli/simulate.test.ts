import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ChromeTrace, SimulationResult } from "../../src/simulate/index.ts";
import { runCliHere } from "./run-cli.ts";

const scratch = mkdtempSync(join(tmpdir(), "disperse-simulate-"));
afterAll(() => rmSync(scratch, { recursive: true }));
const at = (name: string): string => join(scratch, name);
const plan = at("plan.json");
const simulate = (...more: string[]) => runCliHere(["simulate", plan, "--seconds", "60", ...more]);
const result = async (...more: string[]): Promise<SimulationResult> =>
  JSON.parse((await simulate(...more, "--json")).stdout) as SimulationResult;

beforeAll(async () => {
  const made = await runCliHere(["plan", "test/cli/infeasible/feasible.yaml", "--no-compare", "--out", plan]);
  expect(made.exitCode).toBe(0);
}, 60_000);

describe("simulate", () => {
  it("says pool by pool what was planned and what happened", async () => {
    const { exitCode, stdout } = await simulate("--demand", "peak");
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/pool: planned and happened +planned +completed +difference +explained by/);
    expect(stdout).toMatch(/^ber\/\S+ +\d+ +\d+ +-?[\d.]+ % +chance$/m);
    expect(stdout).toMatch(/residency violations: 0/);
  });

  it("writes the result as a document, as tables and as a Chrome trace", async () => {
    const flags = [
      "--out",
      at("r.json"),
      "--csv",
      at("csv"),
      "--chrome-trace",
      at("t.json"),
      "--trace-window",
      "10s-20s",
    ];
    expect((await simulate(...flags)).exitCode).toBe(0);
    const document = JSON.parse(readFileSync(at("r.json"), "utf8")) as SimulationResult;
    expect(document.siteWindows.length).toBeGreaterThan(0);
    const tables = readdirSync(at("csv"));
    expect(tables).toEqual(expect.arrayContaining(["workloads.csv", "plan.csv", "links.csv", "area-hours.csv"]));
    const links = readFileSync(at("csv/links.csv"), "utf8").trim().split("\r\n");
    const requests = links.slice(1).reduce((sum, row) => sum + Number(row.split(",")[2]), 0);
    expect(requests).toBe(document.requests.completed);
    const { traceEvents } = JSON.parse(readFileSync(at("t.json"), "utf8")) as ChromeTrace;
    const times = traceEvents.filter((event) => event.ph === "b").map((event) => event.ts! / 1e6);
    expect(Math.min(...times)).toBeGreaterThanOrEqual(10);
    expect(times.length).toBeGreaterThan(0);
  });

  it("writes over earlier results and over nothing it reads or anybody else made", async () => {
    expect((await simulate("--out", at("again.json"), "--chrome-trace", at("again.trace"))).exitCode).toBe(0);
    expect((await simulate("--out", at("again.json"), "--chrome-trace", at("again.trace"))).exitCode).toBe(0);
    writeFileSync(at("own.csv"), "TIMESTAMP,ContextTokens,GeneratedTokens\n0,10,10\n");
    mkdirSync(at("own"));
    writeFileSync(at("own/sites.csv"), "id,tier\nber,edge\n");
    const kept = [plan, at("own.csv"), at("own/sites.csv")].map((path) => readFileSync(path, "utf8"));
    for (const [flags, why] of [
      [["--out", plan], /plan\.json is read here and would be lost/],
      [["--trace", at("own.csv"), "--out", at("own.csv")], /own\.csv is read here/],
      [["--chrome-trace", at("own.csv")], /own\.csv is there already and is no result/],
      [["--csv", at("own")], /own\/sites\.csv is there already and is no such table/],
      [["--out", "-"], /- is no file/],
    ] as const) {
      const { exitCode, stderr } = await simulate(...flags);
      expect([exitCode, stderr]).toEqual([3, expect.stringMatching(why)]);
    }
    expect([plan, at("own.csv"), at("own/sites.csv")].map((path) => readFileSync(path, "utf8"))).toEqual(kept);
  });

  it("prints its summary, and keeps its tables elsewhere, where their folder takes none any more", async () => {
    mkdirSync(at("taken/workloads.csv"), { recursive: true });
    const { exitCode, stdout, stderr } = await simulate("--csv", at("taken"));
    expect([exitCode, stdout]).toEqual([3, expect.stringMatching(/requests sent = /)]);
    const rescue = /What was found is kept in (\S+)\.$/m.exec(stderr)![1]!;
    expect(readdirSync(rescue)).toContain("workloads.csv");
    rmSync(rescue, { recursive: true });
  });

  it("turns requests away for which there is no room, or lets them wait at the engines when told so", async () => {
    const overloaded = async (...more: string[]) => {
      const { workloads, requests } = await result("--rate-factor", "200", "--seconds", "5", ...more);
      const turnedAway = workloads
        .flatMap(({ rejections }) => rejections)
        .filter(({ reason }) => reason === "overloaded");
      return { turnedAway: turnedAway.reduce((sum, { count }) => sum + count, 0), waited: requests.waited };
    };
    const [usual, off] = [await overloaded(), await overloaded("--waiting-line", "off")];
    expect(usual.turnedAway).toBeGreaterThan(0);
    expect(usual.waited).toBeGreaterThan(0);
    expect(off).toEqual({ turnedAway: 0, waited: 0 });
  });

  it("ends with code 99 when asked to be strict and a fault takes what was to be served", async () => {
    expect((await simulate("--strict")).exitCode).toBe(0);
    const down = await simulate("--strict", "--fault", "all@20s+20s");
    expect([down.exitCode, down.stdout]).toEqual([99, expect.stringMatching(/✗ [\d.]+ % of/)]);
  });

  it("counts nothing of the warm-up", async () => {
    const [whole, part] = [await result(), await result("--warm-up", "30s")];
    expect(part.simulatedS).toBe(30);
    expect(part.requests.arrived / whole.requests.arrived).toBeCloseTo(0.5, 1);
    expect(part.windows).toHaveLength(1);
  });

  it("takes faults from a file as from the command line", async () => {
    writeFileSync(at("faults.yaml"), "- site:ber@20s+20s\n");
    const [fromFile, fromLine] = [
      await result("--faults", at("faults.yaml")),
      await result("--fault", "site:ber@20s+20s"),
    ];
    expect(fromFile).toEqual(fromLine);
  });

  it("says that a fault or a window lies beyond the simulated time, instead of a result without them", async () => {
    const late = await simulate("--fault", "site:ber@60s+20s");
    expect([late.exitCode, late.stderr]).toEqual([
      0,
      expect.stringMatching(/one fault begins at 60 s .* simulated 60 s/),
    ]);
    expect((await simulate("--fault", "site:ber@59s")).stderr).not.toMatch(/fault begins/);
    const swept = ["sweep", plan, "--seconds", "10", "--fault", "site:ber@20s", "--journal", at("late.jsonl")];
    expect((await runCliHere(swept)).stderr).toMatch(/one fault begins at 20 s .* simulated 10 s/);
    const window = await simulate("--chrome-trace", at("none.json"), "--trace-window", "70s-80s");
    expect([window.exitCode, window.stderr]).toEqual([3, expect.stringMatching(/nothing would be recorded/)]);
  });

  it("plays a packed trace, names its bad rows and goes on", async () => {
    const rows = Array.from({ length: 50 }, (_, i) => `2024-05-10 00:00:${String(i).padStart(2, "0")}.5+00:00,100,5`);
    writeFileSync(
      at("trace.csv.gz"),
      gzipSync(["TIMESTAMP,ContextTokens,GeneratedTokens", ...rows, "soon,NaN,-1", ""].join("\n")),
    );
    const { exitCode, stdout, stderr } = await simulate("--trace", at("trace.csv.gz"), "--json");
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(/trace\.csv\.gz:52: 1 row\(s\) left out: bad-time, the first is "soon,NaN,-1"/);
    expect((JSON.parse(stdout) as SimulationResult).workloads[0]!.arrived).toBe(50);
  });

  it("says of requests that were turned away that they were, not that another pool served them", async () => {
    const { stdout } = await simulate("--rate-factor", "0.5", "--fault", "all@0s+50s", "--demand", "peak");
    expect(stdout).toMatch(/^\S+\/\S+ +\d+ +\d+ +-[\d.]+ % +refused or lost$/m);
    expect(stdout).not.toMatch(/% +moved$/m);
  });

  it("takes a curve of rates for requests like the plan's own, and a trace for requests of other lengths", async () => {
    writeFileSync(at("rates.csv"), "hour,requests_per_second\n0,3\n");
    writeFileSync(
      at("list.csv"),
      `time,input,output\n${Array.from({ length: 180 }, (_, i) => `${i / 3},128,32\n`).join("")}`,
    );
    const reasons = async (file: string) =>
      (await result("--trace", at(file))).closedForms.map(({ noClaim }) => noClaim ?? "");
    for (const reason of await reasons("list.csv")) expect(reason).toMatch(/^lengths come from a trace/);
    for (const reason of await reasons("rates.csv")) expect(reason).not.toMatch(/lengths/);
  });

  it("tells a mistyped workload before a trace from a file that is not there", async () => {
    const wrong = await simulate("--trace", `chta=${at("list.csv")}`);
    expect([wrong.exitCode, wrong.stderr]).toEqual([3, expect.stringMatching(/has no workload "chta". It has: /)]);
  });

  it("keeps what it has measured when Ctrl-C ends it", async () => {
    const flags = ["simulate", plan, "--seconds", "100000000", "--out", at("stopped.json")];
    const child = spawn(process.execPath, ["src/cli/main.ts", ...flags], { stdio: ["ignore", "ignore", "pipe"] });
    const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
    let stderr = "";
    await new Promise<void>((resolve) => {
      child.stderr.on("data", (text: Buffer) => {
        stderr += text.toString();
        if (stderr.includes("simulating")) resolve();
      });
    });
    child.kill("SIGINT");
    expect(await ended).toBe(130);
    expect(stderr).toMatch(/stopped after .* min; what was measured until then follows/);
    expect(existsSync(at("stopped.json"))).toBe(true);
    const { simulatedS, requests } = JSON.parse(readFileSync(at("stopped.json"), "utf8")) as SimulationResult;
    expect(simulatedS).toBeGreaterThan(0);
    expect(simulatedS).toBeLessThan(100_000_000);
    expect(requests.arrived).toBe(requests.completed + requests.rejected + requests.inFlight);
  });
});
