import { readFileSync, writeFileSync } from "node:fs";
import { afterAll, expect, it } from "vitest";
import { egressTbpsPerGw } from "../../src/catalog/index.ts";
import { egressCapacityTbps, splitOverNodes } from "../../src/network/index.ts";
import { openExample } from "../../test/cli/example.ts";
import { runCli } from "../../test/cli/run-cli.ts";

const example = openExample("egress-per-gw");
afterAll(example.close);

const expected = new URL("expected.txt", import.meta.url);

it("prints what the example promises: ports of 3.75 Tbit/s, and still 75 in total", async () => {
  const { exitCode, stdout } = await runCli(["egress", "--power", "1 GW", "--nodes", "20"]);
  if (process.env["UPDATE"] === "1") writeFileSync(expected, stdout);
  expect(exitCode).toBe(0);
  expect(stdout).toBe(readFileSync(expected, "utf8"));
  expect(stdout).toMatch(/egress per port +3\.75 Tbit\/s/);
  expect(stdout).toMatch(/egress in total +75\.0 Tbit\/s/);
});

it("comes from the figure of the catalogue and a division, nothing else", () => {
  const totalTbps = egressCapacityTbps(1, egressTbpsPerGw.blackwell.value);
  expect(splitOverNodes(totalTbps, 20)).toEqual({ perNodeTbps: 3.75, totalTbps: 75 });
});

it("stays the same in a plan that divides one hall over many sites; what a port carries does not", async () => {
  const [hall, divided] = [await example.plan(), await example.plan("--scenario", "divided", "--gap", "5%")];
  const loads = [hall, divided].map(({ plan }) => plan.sites.map(({ egressGbps }) => egressGbps));
  const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);
  expect(loads[0]).toHaveLength(1);
  expect(loads[1]!.length).toBeGreaterThanOrEqual(19);
  expect(total(loads[1]!)).toBeCloseTo(total(loads[0]!), 6);
  expect(Math.max(...loads[1]!)).toBeLessThan(loads[0]![0]! / 15);
});
