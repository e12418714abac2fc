import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { World } from "../../src/catalog/index.ts";
import { limitModelRows, modelPage, problemRows } from "../../src/plan/problem/model-rows.ts";
import { failoverTable, failureLimit, failuresOf } from "../../src/plan/world/resilience.ts";
import { survivalLimits, survivalLimitsAtSize } from "../../src/plan/world/survival-limits.ts";
import { worldProblem } from "../../src/plan/world/world-problem.ts";
import { familyWorld } from "../worlds/family-world.ts";

const root = new URL("../../", import.meta.url);

/** Worlds that between them have every limit there is. */
function worldsWithEverything(): World[] {
  const training = {
    id: "run",
    pflops: [4],
    mfuRatio: 0.4,
    precision: "bf16" as const,
    countries: "*" as const,
    unservedUsdPerPflopYear: 1e6,
    singleCampus: true,
  };
  return fc.sample(familyWorld, { numRuns: 16, seed: 2 }).map((world) => ({
    ...world,
    training: [training],
    // Enough for a reserve of several modules, which may stand at any place.
    workloads: world.workloads.map((workload) => ({ ...workload, failoverBudgetMs: 1_000 })),
    demand: world.demand.map((row) => ({ ...row, peakPerS: row.peakPerS.map((rate) => 20 * rate) })),
    modules: world.modules.map((module) => ({ ...module, supplyPerPeriod: [9] })),
    sites: world.sites.map((site, index) =>
      index === 2 ? { ...site, status: "existing" as const, installed: [{ module: 1, count: 2 }] } : site,
    ),
    limits: {
      ...world.limits,
      maxSites: 3,
      budgetUsd: [1e9],
      zones: [{ id: "z", sites: [0, 1], powerLimitKw: [100] }],
      resilience: "zone" as const,
    },
  }));
}

const pattern = (name: string): RegExp =>
  new RegExp(`^${name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replace(/<[^>]+>/g, "[^ ]+( [^ ]+)?")}( for training)?$`);

describe("the reference of the model", () => {
  it("is what the table says (rewrite with UPDATE=1)", () => {
    const file = fileURLToPath(new URL("docs/reference/model.md", root));
    if (process.env["UPDATE"] === "1") writeFileSync(file, modelPage());
    expect(readFileSync(file, "utf8")).toBe(modelPage());
  });

  it("names functions that are there", () => {
    for (const row of [...problemRows, ...limitModelRows]) {
      const source = readFileSync(new URL(`src/plan/${row.file}`, root), "utf8");
      expect([row.name, source.includes(`function ${row.function}(`)]).toEqual([row.name, true]);
    }
  });

  it("has every limit that worlds give, and worlds give every limit it has", () => {
    const given = new Set<string>();
    const worlds = worldsWithEverything();
    for (const world of worlds) for (const limit of worldProblem(world, 0).problem.limits) given.add(limit.name);
    for (const world of worlds) {
      const planned = worldProblem(world, 0);
      const table = failoverTable(planned);
      const failures = failuresOf(world);
      for (const failure of failures) given.add(failureLimit(table, failure, new Map()).name);
      const stages = [{ planned, arc: 0, pool: 0 }];
      const follow = [...survivalLimits(stages, [table], failures), ...survivalLimitsAtSize(stages, [table])];
      for (const limit of follow) given.add(limit.name);
    }
    const patterns = limitModelRows.map((row) => ({ name: row.name, matches: pattern(row.name) }));
    const unknown = [...given].filter((name) => !patterns.some(({ matches }) => matches.test(name)));
    expect(unknown).toEqual([]);
    const missing = patterns.filter(({ matches }) => ![...given].some((name) => matches.test(name)));
    expect(missing.map(({ name }) => name)).toEqual([]);
  });
});
