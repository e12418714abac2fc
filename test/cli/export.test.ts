import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { createHighsSolver } from "../../src/adapters/solver-highs/index.ts";
import { planScenario } from "../../src/plan/index.ts";
import { testSite, tinyWorld } from "../worlds/tiny-world.ts";
import { runCliHere } from "./run-cli.ts";

const folder = mkdtempSync(join(tmpdir(), "disperse-export-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("disperse export", () => {
  it("writes tables whose columns add up to the plan", async () => {
    const solver = createHighsSolver();
    const base = tinyWorld();
    // A name with a comma, a quote and a leading sign that a spreadsheet would run.
    const named = base.sites.map((site) => ({ ...site, name: `=1+1, "${site.name}"` }));
    // A site that is there, costs, and serves nobody.
    const idle = testSite({
      id: "idle",
      tier: "edge",
      country: "DD",
      latitude: -40,
      longitude: 170,
      status: "existing",
    });
    const world = { ...base, sites: [...named, idle] };
    const plan = await planScenario(world, { solver, nowMs: () => 0 });
    await solver.close();
    const file = join(folder, "plan.json");
    writeFileSync(file, JSON.stringify(plan));
    const { exitCode } = await runCliHere(["export", file, "--out", join(folder, "csv")]);
    expect(exitCode).toBe(0);
    const lines = (name: string) =>
      readFileSync(join(folder, "csv", `${name}.csv`), "utf8")
        .trimEnd()
        .split("\r\n");
    const total = lines("cost")
      .slice(1)
      .reduce((sum, line) => sum + Number(line.split(",")[1]), 0);
    expect(total).toBeCloseTo(plan.objectiveUsdPerYear!, 4);
    expect(lines("flows")).toHaveLength(plan.deployment.flows.length + 1);
    const peak = lines("flows")
      .slice(1)
      .reduce((sum, line) => sum + Number(line.split(",")[4]), 0);
    expect(peak).toBeCloseTo(
      plan.deployment.flows.reduce((sum, flow) => sum + flow.peakPerS, 0),
      6,
    );
    expect(lines("sites")[1]).toContain(`"'=1+1, ""`);
    const column = (name: string, at: number): number[] =>
      lines(name)
        .slice(1)
        .map((line) => Number(line.split(",")[at]));
    const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
    // Chips and traffic are counted once more, by generation, and come to the same.
    expect(sum(column("chips", 5))).toBe(sum(plan.sites.map((load) => load.modules)));
    expect(sum(column("chips", 8))).toBeCloseTo(1, 9);
    expect(sum(column("egress", 3))).toBeCloseTo(sum(plan.sites.map((load) => load.egressGbps)), 9);
    expect(sum(column("egress", 2))).toBeCloseTo(sum(plan.sites.map((load) => load.powerKw)), 6);
    const { byItem } = plan.cost!;
    const ofSites = lines("sites")
      .slice(1)
      .map((line) => Number(line.split(",").at(-2)));
    expect(ofSites).toHaveLength(plan.sites.length + 1);
    expect(sum(ofSites) + byItem.unserved + byItem["training-unserved"]).toBeCloseTo(plan.objectiveUsdPerYear!, 4);
    expect(sum(column("purchases", 4))).toBe(sum(plan.sites.map((load) => load.modules)));
    expect(lines("upgrades")).toEqual(["site,addedKw,priceUsd,period"]);
    expect(lines("demand")[1]).toMatch(/^[^,]+,inference,/);
  });

  it("writes over its own tables, and not over a scenario's of the same name", async () => {
    const [file, own] = [join(folder, "plan.json"), join(folder, "csv")];
    expect((await runCliHere(["export", file, "--out", own])).exitCode).toBe(0);
    writeFileSync(join(folder, "sites.csv"), "id,tier\nber,edge\n");
    const { exitCode, stderr } = await runCliHere(["export", file, "--out", folder]);
    expect([exitCode, stderr]).toEqual([3, expect.stringMatching(/sites\.csv is there already and is no such table/)]);
    expect(readFileSync(join(folder, "sites.csv"), "utf8")).toBe("id,tier\nber,edge\n");
    rmSync(/kept in (\S+)\.$/m.exec(stderr)![1]!, { recursive: true });
  });
});
