import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SweepReport } from "../../src/cli/simulation/sweep-report.ts";
import { crash, runCli, runCliHere } from "./run-cli.ts";

const scratch = mkdtempSync(join(tmpdir(), "disperse-sweep-"));
afterAll(() => rmSync(scratch, { recursive: true }));
const at = (name: string): string => join(scratch, name);
const plan = at("plan.json");

beforeAll(async () => {
  const made = await runCliHere(["plan", "test/cli/infeasible/feasible.yaml", "--no-compare", "--out", plan]);
  expect(made.exitCode).toBe(0);
  writeFileSync(at("sets.yaml"), "quiet: []\nedge out: [site:ber@1s+2s]\n");
}, 60_000);

const grid = ["--seeds", "1..3", "--rules", "disperse,nearest", "--fault-sets", at("sets.yaml"), "--seconds", "4"];
/** Long enough to be killed in the middle. */
const slow = ["--seeds", "1..4", "--seconds", "8"];
const sweep = (journal: string, ...more: string[]): string[] => [
  "sweep",
  plan,
  ...grid,
  "--journal",
  at(journal),
  "--json",
  ...more,
];

/** Lines of a journal without its header. */
function outcomes(journal: string): string[] {
  return existsSync(at(journal)) ? readFileSync(at(journal), "utf8").split("\n").slice(1, -1) : [];
}

describe("sweep", () => {
  it("gives the same bytes on one thread and on two, and once the journal is full without computing anything", async () => {
    const one = await runCli(sweep("one.jsonl", "--threads", "1"));
    const two = await runCliHere(sweep("two.jsonl", "--threads", "2"));
    expect([one.exitCode, two.exitCode]).toEqual([0, 0]);
    expect(two.stdout).toBe(one.stdout);
    expect(outcomes("two.jsonl").toSorted()).toEqual(outcomes("one.jsonl").toSorted());
    const report = JSON.parse(one.stdout) as SweepReport;
    expect(report.outcomes).toHaveLength(12);
    expect(report.settings.map(({ setting }) => setting)).toEqual([
      "rule=disperse faults=quiet",
      "rule=disperse faults=edge out",
      "rule=nearest faults=quiet",
      "rule=nearest faults=edge out",
    ]);
    for (const { summary } of report.settings) expect(summary.residencyViolations).toBe(0);
    const quiet = report.settings[0]!.summary.attainmentOfArrivedRatio!.mean;
    expect(report.settings[1]!.summary.attainmentOfArrivedRatio!.mean).toBeLessThan(quiet);
    const again = await runCliHere(sweep("one.jsonl"));
    expect(again.stderr).toMatch(/12 of 12 cases are in/);
    expect(again.stdout).toBe(one.stdout);
  });

  it("goes on after a kill -9 and has every result once", async () => {
    const long = sweep("killed.jsonl", "--threads", "2", ...slow);
    const child = spawn(process.execPath, ["src/cli/main.ts", ...long], { stdio: "ignore" });
    const ended = new Promise((resolve) => child.on("close", resolve));
    while (outcomes("killed.jsonl").length < 5) await new Promise((resolve) => setTimeout(resolve, 20));
    child.kill("SIGKILL");
    await ended;
    const before = outcomes("killed.jsonl");
    expect(before.length).toBeLessThan(16);
    // As if the kill had come in the middle of a line.
    writeFileSync(at("killed.jsonl"), `${readFileSync(at("killed.jsonl"), "utf8")}{"key":"half of a li`);
    const resumed = await runCli(long);
    expect([resumed.exitCode, resumed.stderr.match(crash)]).toEqual([0, null]);
    expect(resumed.stderr).toMatch(new RegExp(`${before.length} of 16 cases are in`));
    const after = outcomes("killed.jsonl");
    expect(after.slice(0, before.length)).toEqual(before);
    const keys = after.map((line) => (JSON.parse(line) as { key: string }).key);
    expect(new Set(keys).size).toBe(16);
    expect(keys).toHaveLength(16);
    const whole = await runCliHere(sweep("whole.jsonl", "--threads", "1", ...slow));
    expect(resumed.stdout).toBe(whole.stdout);
  }, 90_000);

  it("ends at Ctrl-C with what is done so far", async () => {
    const child = spawn(process.execPath, [
      "src/cli/main.ts",
      ...sweep("stopped.jsonl", "--seeds", "1..400", "--seconds", "15"),
    ]);
    let stdout = "";
    child.stdout.on("data", (text: Buffer) => (stdout += text.toString()));
    const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
    while (outcomes("stopped.jsonl").length < 3) await new Promise((resolve) => setTimeout(resolve, 20));
    child.kill("SIGINT");
    expect(await ended).toBe(130);
    const report = JSON.parse(stdout) as SweepReport;
    expect(report.cases).toBe(1600);
    expect(report.outcomes.length).toBe(outcomes("stopped.jsonl").length);
    expect(report.outcomes.length).toBeGreaterThanOrEqual(3);
  });

  it("refuses the journal of another plan, and files that are none", async () => {
    writeFileSync(at("other.json"), readFileSync(plan, "utf8").replace('"latitude":', '"latitude": 1, "was":'));
    await runCliHere(["sweep", plan, "--seeds", "1", "--seconds", "1", "--journal", at("mine.jsonl")]);
    const other = await runCliHere([
      "sweep",
      at("other.json"),
      "--seeds",
      "1",
      "--seconds",
      "1",
      "--journal",
      at("mine.jsonl"),
    ]);
    expect(other.exitCode).toBe(3);
    expect(other.stderr).toMatch(/another plan.*--fresh/);
    const foreign = await runCliHere(["sweep", plan, "--seeds", "1", "--journal", plan]);
    expect([foreign.exitCode, foreign.stderr]).toEqual([3, expect.stringMatching(/is no journal of a sweep/)]);
    const fresh = await runCliHere(["sweep", plan, "--seeds", "1", "--journal", plan, "--fresh"]);
    expect([fresh.exitCode, fresh.stderr]).toEqual([3, expect.stringMatching(/is no journal of a sweep/)]);
    expect(readFileSync(plan, "utf8")).toMatch(/^\{"format":"disperse\/plan/);
  });

  it("begins a journal anew when told to, also that of another plan", async () => {
    const run = (...more: string[]) =>
      runCliHere(["sweep", ...more, "--seeds", "1", "--seconds", "1", "--journal", at("anew.jsonl")]);
    await run(plan);
    const before = readFileSync(at("anew.jsonl"), "utf8");
    expect((await run(at("other.json"), "--fresh")).exitCode).toBe(0);
    expect(readFileSync(at("anew.jsonl"), "utf8")).not.toBe(before);
    expect((await run(plan, "--fresh")).exitCode).toBe(0);
    expect(outcomes("anew.jsonl")).toHaveLength(1);
  });
});
