import { readFileSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { egressTbpsPerGw } from "../../src/catalog/index.ts";
import { egressCapacityTbps, splitOverNodes } from "../../src/network/index.ts";
import { runCli } from "../../test/cli/run-cli.ts";

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
