import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));

it("Ctrl-C while the demo is still planning ends it at once, not just the step", async () => {
  const child = spawn(process.execPath, ["src/cli/main.ts", "demo", "--port", "0", "--seconds", "60"], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let errors = "";
  let output = "";
  child.stdout.on("data", (bytes: Buffer) => void (output += bytes.toString()));
  child.stderr.on("data", (bytes: Buffer) => {
    errors += bytes.toString();
    if (errors.includes("planning") && !child.killed) child.kill("SIGINT");
  });
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  expect(code).toBe(130);
  expect(errors.trimEnd().endsWith("Stopped.")).toBe(true);
  expect(output).toContain("2. Plan");
  expect(output).not.toContain("3. Simulate");
});
