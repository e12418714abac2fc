import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, it } from "vitest";
import { isRunning } from "./is-running.ts";

it("knows a process that works, one that was never there, and one that is over but not taken note of", async () => {
  expect(isRunning(process.pid)).toBe(true);
  expect(isRunning(2 ** 22 + 7)).toBe(false);
  expect(isRunning(Number.NaN)).toBe(false);
  if (process.platform !== "linux") return;
  // What the shell started becomes the child of `sleep`, which takes note of nothing.
  const parent = spawn("sh", ["-c", "true & echo $!; exec sleep 20"], { stdio: ["ignore", "pipe", "ignore"] });
  try {
    const [text] = (await once(parent.stdout, "data")) as [Buffer];
    await expect.poll(() => isRunning(Number(String(text))), { timeout: 5000 }).toBe(false);
    expect(isRunning(parent.pid!)).toBe(true);
  } finally {
    parent.kill("SIGKILL");
  }
});
