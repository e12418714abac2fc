import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { PlanDocument } from "../../src/plan/index.ts";
import { goldenText } from "./golden-text.ts";
import { crash, runCli, runCliHere } from "./run-cli.ts";

const scratch = mkdtempSync(join(tmpdir(), "disperse-infeasible-"));
afterAll(() => rmSync(scratch, { recursive: true }));

const infeasible = [
  ["a forced site without power", "forced-without-power"],
  ["forced sites beyond the budget", "forced-beyond-budget"],
  ["more forced sites than sites may be open", "forced-beyond-site-count"],
  ["training without a core site", "training-without-core"],
  ["training in a country without a core site", "training-in-a-country-without-core"],
  ["a debt that the budget leaves nothing to earn with", "debt-without-modules"],
] as const;

describe("a scenario that cannot be met", () => {
  it.each(infeasible)("for %s ends with code 4 and names what clashes", async (_what, name) => {
    const out = join(scratch, `${name}.json`);
    // One in a process of its own, so that the exit code is the one a shell sees; the others here, which is much faster.
    const runs = name === "forced-without-power" ? runCli : runCliHere;
    const { exitCode, stdout, stderr } = await runs(["plan", `test/cli/infeasible/${name}.yaml`, "--out", out]);
    expect(exitCode).toBe(4);
    expect(stdout).toBe("");
    expect(stderr).not.toMatch(crash);
    // On a busy machine the search says what it is doing before it can say that it found nothing.
    const said = stderr.replace(/^planning .*\n/gm, "");
    expect(said).toBe(goldenText(`infeasible/${name}.expected.txt`, said));
    expect(existsSync(out)).toBe(false);
  });

  it("is valid all the same: its file has no fault", async () => {
    const { exitCode } = await runCliHere(["validate", "test/cli/infeasible/forced-without-power.yaml"]);
    expect(exitCode).toBe(0);
  });

  it("says what clashes as data too", async () => {
    const { exitCode, stdout } = await runCliHere([
      "plan",
      "test/cli/infeasible/forced-beyond-budget.yaml",
      "--json",
      "--out",
      join(scratch, "never.json"),
    ]);
    expect(exitCode).toBe(4);
    const document = JSON.parse(stdout) as PlanDocument;
    expect(document.status).toBe("infeasible");
    expect(document.clashes).toEqual([
      {
        limits: ["site ber is forced open", expect.stringMatching(/^budget /)],
        detail: expect.stringContaining("$1M"),
      },
    ]);
  });

  it("becomes possible when one of the clashing limits goes", async () => {
    const { exitCode, stderr } = await runCliHere([
      "plan",
      "test/cli/infeasible/forced-beyond-budget.yaml",
      "--set",
      "limits.budget=$5M",
      "--out",
      join(scratch, "loosened.json"),
    ]);
    expect([exitCode, stderr.includes("No plan exists")]).toEqual([0, false]);
  });
});
