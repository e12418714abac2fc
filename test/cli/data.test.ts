import { describe, expect, it } from "vitest";
import { runCliHere } from "./run-cli.ts";

describe("disperse data", () => {
  it("shows a figure with its range, its confidence, its day and where it is from", async () => {
    const { exitCode, stdout } = await runCliHere(["data", "show", "h100x8.priceUsd"]);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(
      /modules\.h100x8\.priceUsd +325000 \(300000 to 350000\) +USD +analyst +20\d\d-\d\d-\d\d +\[1\]/,
    );
    expect(stdout).toMatch(/^\[1\] \S.+/m);
  });

  it("keeps long lists beneath the line they belong to", async () => {
    const { stdout } = await runCliHere(["data", "show", "residency.germany.personal"]);
    expect(stdout).toContain("GDPR");
    expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThan(160);
  });

  it("gives the same rows as data, each with the words of its source", async () => {
    const { stdout } = await runCliHere(["data", "show", "berlin-de", "--json"]);
    const rows = JSON.parse(stdout) as { path: string; value: number; sourceTitle: string }[];
    const population = rows.find(({ path }) => path === "cities.berlin-de.population");
    expect(population?.sourceTitle).toContain("GeoNames");
    expect(population?.value).toBeGreaterThan(3e6);
  });

  it("lists tables, then the entries of one, then the figures of an entry", async () => {
    expect((await runCliHere(["data", "list"])).stdout).toMatch(/^accelerators +\d+ /m);
    expect((await runCliHere(["data", "list", "models"])).stdout.split("\n")).toContain("qwen3-0.6b");
    expect((await runCliHere(["data", "list", "l4"])).stdout).toContain("accelerators.l4.memoryGB\n");
    const all = (await runCliHere(["data", "list", "--all"])).stdout.split("\n");
    expect(all.length).toBeGreaterThan(2_500);
  });

  it("says what there is when a name leads nowhere", async () => {
    const { exitCode, stderr } = await runCliHere(["data", "list", "zzzz"]);
    expect([exitCode, stderr]).toEqual([3, expect.stringContaining("accelerators, modules, models")]);
  });
});
