import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { verifyPlan, type PlanDocument } from "../../src/plan/index.ts";
import { crash, runCli } from "./run-cli.ts";

const scratch = mkdtempSync(join(tmpdir(), "disperse-interrupted-"));
afterAll(() => rmSync(scratch, { recursive: true }));

it("keeps the best plan and its gap when planning is interrupted by Ctrl-C", async () => {
  const [scenario, out] = [join(scratch, "scenario.yaml"), join(scratch, "plan.json")];
  expect((await runCli(["init", scenario])).exitCode).toBe(0);
  const args = ["plan", scenario, "--out", out, "--gap", "0", "--time-limit", "10min", "--no-compare"];
  const child = spawn(process.execPath, ["src/cli/main.ts", ...args], { stdio: ["ignore", "ignore", "pipe"] });
  let stderr = "";
  let asked = false;
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
    // Interrupted once there is a plan to keep.
    if (!asked && /incumbent \$.*gap \d/.test(stderr)) {
      asked = true;
      child.kill("SIGINT");
    }
  });
  const exitCode = await new Promise((resolve) => child.on("close", resolve));
  expect(stderr).toMatch(/stopping: keeping the best plan so far/);
  expect(stderr).not.toMatch(crash);
  expect(exitCode).toBe(5);
  const plan = JSON.parse(readFileSync(out, "utf8")) as PlanDocument;
  expect(plan.status).toBe("cancelled");
  expect(plan.relativeGap).toBeGreaterThan(0);
  expect(verifyPlan(plan).findings).toEqual([]);
}, 120_000);
