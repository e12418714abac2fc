import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import type { PlanDocument } from "../../src/plan/index.ts";
import type { SimulationResult } from "../../src/simulate/index.ts";
import { runCliHere } from "./run-cli.ts";

/** An example folder as its README tells to use it: plans and simulations in files that go with `close`. */
export function openExample(name: string) {
  const scratch = mkdtempSync(join(tmpdir(), `disperse-${name}-`));
  const scenario = `examples/${name}/scenario.yaml`;

  async function plan(...args: string[]): Promise<{ plan: PlanDocument; summary: string; file: string }> {
    const file = join(scratch, `plan${args.join("")}.json`);
    const { exitCode, stdout, stderr } = await runCliHere(["plan", scenario, "--out", file, ...args]);
    expect(exitCode, stderr).toBe(0);
    return { plan: JSON.parse(readFileSync(file, "utf8")) as PlanDocument, summary: stdout, file };
  }

  async function simulate(file: string, ...args: string[]): Promise<{ result: SimulationResult; summary: string }> {
    const out = join(scratch, "simulation.json");
    const { exitCode, stdout, stderr } = await runCliHere(["simulate", file, "--out", out, ...args]);
    expect(exitCode, stderr).toBe(0);
    return { result: JSON.parse(readFileSync(out, "utf8")) as SimulationResult, summary: stdout };
  }

  return { plan, simulate, close: () => rmSync(scratch, { recursive: true }) };
}

/**
 * Compares what a command printed with the example's `expected.txt`: its lines are there in their order, whatever stands
 * between them; the words count, not the digits, which move when a figure of the catalogue does. Run with UPDATE=1 to
 * write the file anew.
 */
export function expectPrinted(name: string, printed: string): void {
  const file = new URL(`../../examples/${name}/expected.txt`, import.meta.url);
  // The lines about the run itself: how long it took, where it wrote.
  const told = printed.replaceAll(/, \d+\.\d s: /g, ": ").replaceAll(/\n+wrote .*\n/g, "\n");
  if (process.env["UPDATE"] === "1") writeFileSync(file, told);
  const lines = withoutDigits(told).split("\n");
  for (const line of withoutDigits(readFileSync(file, "utf8")).split("\n")) {
    const at = lines.indexOf(line);
    expect(at, `"${line}" in what is left of the output`).toBeGreaterThanOrEqual(0);
    lines.splice(0, at + 1);
  }
}

function withoutDigits(text: string): string {
  return text
    .replaceAll(/\$[\d.,]+[kMBT]?/g, "$#")
    .replaceAll(/\d+(?:[.,]\d+)*/g, "#")
    .replaceAll(/─+/g, "─")
    .replaceAll(/ +/g, " ");
}

/** Ids of the sites that hold modules. */
export function servingSites({ world, deployment }: PlanDocument): string[] {
  return [...new Set(deployment.pools.map((pool) => world.sites[pool.site]!.id))].toSorted();
}
