import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { seededRng } from "../worlds/random-world.ts";
import { goldenText } from "./golden-text.ts";
import { crash, runCli, runCliHere, type CliRun } from "./run-cli.ts";

const scratch = mkdtempSync(join(tmpdir(), "disperse-broken-"));
afterAll(() => rmSync(scratch, { recursive: true }));

/** Place, severity and code; the line with its caret; the hint. */
const placed = /^[^\s:][^\n:]*:\d+:\d+: error DSP_[A-Z_]+: \S.*$/m;
const caret = /^ +\d+ \| .*\n +\| *\^+$/m;
const hint = /^ {2}hint: \S.+$/m;

const broken = [
  ["a wrong unit and a missing one", "wrong-unit"],
  ["an unknown key", "unknown-key"],
  ["scenarios that are made of each other", "cyclic-override"],
  ["a negative power", "negative-power"],
  ["a CSV file that is not there", "missing-csv"],
  ["a CSV row with impossible values", "bad-csv-row"],
  ["a CSV row that lacks a cell", "ragged-csv-row"],
  ["broken YAML", "yaml-syntax"],
  ["data that may be processed nowhere", "impossible-residency"],
  ["chips nobody sells", "unknown-chip"],
  ["a demand below nothing", "negative-demand"],
  ["a period of no length", "zero-period"],
  ["more power than the world has", "absurd-power"],
  ["the same id twice, of a site and of a zone", "duplicate-ids"],
  ["a least share of more than everything", "share-above-one"],
  ["least shares that ask for more than everything together", "clashing-shares"],
  ["a site forced open where its owner may not invest", "forced-where-forbidden"],
  ["the closing of a site that is not there yet", "closing-a-candidate"],
  ["sites that hang on each other", "parent-circle"],
  ["a server that draws more idle than busy", "idle-above-busy"],
] as const;

describe("a broken scenario", () => {
  it.each(broken)("with %s is refused with place, caret and hint", async (_what, name) => {
    const { exitCode, stdout, stderr } = await runCliHere(["validate", `test/cli/broken/${name}.yaml`]);
    expect(exitCode).toBe(3);
    expect(stdout).toBe("");
    expect(stderr).toMatch(placed);
    expect(stderr).toMatch(caret);
    expect(stderr).toMatch(hint);
    expect(stderr).not.toMatch(crash);
    expect(stderr).toBe(goldenText(`broken/${name}.expected.txt`, stderr));
  });

  it("that is only odd is taken, with a warning at each place that is hardly meant", async () => {
    const { exitCode, stderr } = await runCliHere(["validate", "test/cli/odd/odd.yaml"]);
    expect(exitCode).toBe(0);
    expect(stderr).not.toMatch(crash);
    expect(stderr).toBe(goldenText("odd/odd.expected.txt", stderr));
  });

  it("is refused by every command that reads scenarios, in the same words", async () => {
    // In a process of its own, so that the exit code is the one a shell sees.
    const planned = await runCli(["plan", "test/cli/broken/wrong-unit.yaml", "--out", join(scratch, "never.json")]);
    expect(planned.exitCode).toBe(3);
    expect(planned.stderr).toBe(goldenText("broken/wrong-unit.expected.txt", planned.stderr));
  });
});

const tenMegabytes = 10_000_000;
const rng = seededRng(20_261_123);
const marks = "abc:{}[]-&*!|>%@`\"'#, \n\n\t 0123";

function randomBytes(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = rng() * 256;
  return bytes;
}

function randomText(length: number): string {
  let text = "";
  while (text.length < length) text += marks[Math.floor(rng() * marks.length)];
  return text;
}

/** Every line names the one above ten times: twelve lines for 10^12 values. */
function multiplyingAliases(): string {
  const lines = ["a0: &a0 [x]"];
  for (let i = 1; i <= 12; i++) lines.push(`a${i}: &a${i} [${"*a".concat(String(i - 1), ", ").repeat(10)}]`);
  return lines.join("\n");
}

function noiseFile(name: string, content: string | Uint8Array): string {
  const file = join(scratch, `${name.replaceAll(" ", "-")}.yaml`);
  writeFileSync(file, content);
  return file;
}

function expectRefused({ exitCode, stderr }: CliRun): void {
  expect(exitCode).toBe(3);
  expect(stderr).toMatch(placed);
  expect(stderr).toMatch(hint);
  expect(stderr).not.toMatch(crash);
  // A few pages of a terminal at most, whatever the file holds.
  expect(stderr.length).toBeLessThan(20_000);
}

describe("ten megabytes of noise", () => {
  const noises: readonly [string, () => string | Uint8Array][] = [
    ["random bytes", () => randomBytes(tenMegabytes)],
    ["random marks of YAML", () => randomText(tenMegabytes / 20).repeat(20)],
    ["one endless line", () => "a".repeat(tenMegabytes)],
  ];
  it.concurrent.for(noises)("of %s are refused soon, with a place and a hint", async ([name, make]) => {
    expectRefused(await runCli(["validate", noiseFile(name, make())], 15));
  });

  it.concurrent("in a CSV file are refused soon as well", async () => {
    writeFileSync(join(scratch, "areas.csv"), randomText(tenMegabytes / 20).repeat(20));
    const scenario = [
      "apiVersion: disperse/v1",
      "kind: Scenario",
      "metadata: { name: csv-noise }",
      "areas: [{ file: areas.csv }]",
      "sites: [{ id: ber, tier: edge, country: DE, city: Berlin }]",
    ];
    expectRefused(await runCli(["validate", noiseFile("csv", scenario.join("\n"))], 15));
  });
});

// Below the size at which a file is refused unread: here the parser itself must cope.
describe("a little noise", () => {
  const noises: readonly [string, () => string | Uint8Array][] = [
    ["random text", () => randomText(300_000)],
    ["random bytes", () => randomBytes(100_000)],
    ["deep brackets", () => "[".repeat(200_000)],
    ["aliases that multiply", multiplyingAliases],
  ];
  it.each(noises)("of %s is refused with a place and a hint", async (name, make) => {
    expectRefused(await runCliHere(["validate", noiseFile(`little ${name}`, make())]));
  });
});
