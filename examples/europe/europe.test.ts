import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import type { World } from "../../src/catalog/index.ts";
import { annualCost } from "../../src/finance/index.ts";
import type { PlanDocument } from "../../src/plan/index.ts";
import { runCli, runCliHere } from "../../test/cli/run-cli.ts";

const file = "examples/europe/scenario.yaml";
const scratch = mkdtempSync(join(tmpdir(), "disperse-europe-"));
afterAll(() => rmSync(scratch, { recursive: true }));

async function world(...args: string[]): Promise<World> {
  const { exitCode, stdout, stderr } = await runCliHere(["validate", file, "--json", ...args]);
  expect([exitCode, stderr]).toEqual([0, ""]);
  return JSON.parse(stdout) as World;
}

describe("the scenario of Europe", () => {
  const { overrides, scenarios } = parse(readFileSync(file, "utf8")) as Record<string, Record<string, unknown>>;

  let usual: World;
  beforeAll(async () => {
    usual = await world();
  });

  it("is valid, without a warning, and holds three tiers, three workloads and training", () => {
    const { sites, workloads, training, areas } = usual;
    expect(new Set(sites.map((site) => site.tier))).toEqual(new Set(["core", "regional", "edge"]));
    expect(workloads.map((workload) => workload.ttft.budgetMs)).toEqual([15, 20, 500]);
    expect(training).toHaveLength(1);
    expect(areas.length).toBeGreaterThan(50);
  });

  it.each([...Object.keys(overrides!), ...Object.keys(scenarios!)])("asks another question as %s", async (name) => {
    const asked = await world("--scenario", name);
    expect(asked).not.toEqual(usual);
    expect(asked.sites).toHaveLength(usual.sites.length);
  });

  it("gives a plan whose objective is what finance recomputes from the document", async () => {
    const out = join(scratch, "plan.json");
    const cities = (section: string): string => `${section}.0.select.cities.populationAbove=1500000`;
    const args = `plan ${file} --gap 20% --time-limit 20s --no-compare --set ${cities("areas")} --set ${cities("sites")} --out`;
    const { exitCode, stderr } = await runCli([...args.split(" "), out]);
    expect([0, 5], stderr).toContain(exitCode);
    const plan = JSON.parse(readFileSync(out, "utf8")) as PlanDocument;
    expect(plan.status === "optimal").toBe(exitCode === 0);
    const training = plan.training.map((entry) => ({ ...entry, demand: entry.training }));
    const again = annualCost(plan.world, { ...plan.deployment, training }, plan.period);
    expect(plan.objectiveUsdPerYear! / again.totalUsdPerYear).toBeCloseTo(1, 6);
    expect(plan.bestBoundUsdPerYear!).toBeLessThanOrEqual(plan.objectiveUsdPerYear! * (1 + 1e-9));
    // Some fast traffic cannot be served by any plan, and the document says why.
    expect(plan.unserved.some((entry) => entry.reason === "physics" && entry.workload === "gaming")).toBe(true);
  });
});
