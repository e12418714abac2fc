import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, it } from "vitest";
import { seededRng } from "../worlds/random-world.ts";
import { goldenText } from "./golden-text.ts";
import { crash, runCli } from "./run-cli.ts";

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
] as const;

describe("a broken scenario", () => {
  it.concurrent.for(broken)("with %s is refused with place, caret and hint", async ([, name], { expect }) => {
    const { exitCode, stdout, stderr } = await runCli(["validate", `test/cli/broken/${name}.yaml`]);
    expect(exitCode).toBe(3);
    expect(stdout).toBe("");
    expect(stderr).toMatch(placed);
    expect(stderr).toMatch(caret);
    expect(stderr).toMatch(hint);
    expect(stderr).not.toMatch(crash);
    expect(stderr).toBe(goldenText(`broken/${name}.expected.txt`, stderr));
  });

  it.concurrent("is refused by every command that reads scenarios, in the same words", async ({ expect }) => {
    const planned = await runCli(["plan", "test/cli/broken/wrong-unit.yaml", "--out", join(scratch, "never.json")]);
    expect(planned.exitCode).toBe(3);
    expect(planned.stderr).toBe(goldenText("broken/wrong-unit.expected.txt", planned.stderr));
  });
});

describe("noise", () => {
  const bytes = 10_000_000;
  const rng = seededRng(20_261_123);
  const marks = "abc:{}[]-&*!|>%@`\"'#, \n\n\t 0123";
  const noises: readonly [string, () => string | Buffer][] = [
    ["random bytes", () => Buffer.from({ length: bytes }, () => Math.floor(rng() * 256))],
    ["random marks of YAML", () => randomText(bytes)],
    ["one endless line", () => "a".repeat(bytes)],
    ["brackets only", () => "[".repeat(bytes)],
    // Below the size at which a file is refused unread: the parser itself must cope.
    ["little random text", () => randomText(300_000)],
    ["few random bytes", () => Buffer.from({ length: 100_000 }, () => Math.floor(rng() * 256))],
    ["deep brackets", () => "[".repeat(200_000)],
    ["aliases that multiply", () => bomb()],
  ];

  function randomText(length: number): string {
    let text = "";
    while (text.length < length) text += marks[Math.floor(rng() * marks.length)];
    return text;
  }

  function bomb(): string {
    const lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"];
    for (let i = 1; i < 12; i++)
      lines.push(`a${i}: &a${i} [${Array.from({ length: 10 }, () => `*a${i - 1}`).join(", ")}]`);
    return lines.join("\n");
  }

  it.concurrent.for(noises)("of %s is refused soon, with a place and a hint", async ([name, make], { expect }) => {
    const file = join(scratch, `${name.replaceAll(" ", "-")}.yaml`);
    writeFileSync(file, make());
    const { exitCode, stderr } = await runCli(["validate", file], 15);
    expect(exitCode).toBe(3);
    expect(stderr).toMatch(placed);
    expect(stderr).toMatch(hint);
    expect(stderr).not.toMatch(crash);
    // A page of a terminal at most, whatever the file holds.
    expect(stderr.length).toBeLessThan(20_000);
  });

  it.concurrent("in a CSV file of ten megabytes is refused soon as well", async ({ expect }) => {
    writeFileSync(join(scratch, "areas.csv"), randomText(bytes));
    const file = join(scratch, "csv-noise.yaml");
    writeFileSync(
      file,
      [
        "apiVersion: disperse/v1",
        "kind: Scenario",
        "metadata: { name: csv-noise }",
        "areas: [{ file: areas.csv }]",
        "sites: [{ id: ber, tier: edge, country: DE, city: Berlin }]",
      ].join("\n"),
    );
    const { exitCode, stderr } = await runCli(["validate", file], 15);
    expect(exitCode).toBe(3);
    expect(stderr).toMatch(placed);
    expect(stderr).not.toMatch(crash);
    expect(stderr.length).toBeLessThan(20_000);
  });
});
