import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { vi } from "vitest";
import { run } from "../../src/cli/program.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

export interface CliRun {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a login shell would have; what was compiled before is not compiled again. */
export function plainEnvironment(): NodeJS.ProcessEnv {
  const { PATH, HOME, NODE_COMPILE_CACHE } = process.env;
  return { PATH, HOME, NO_COLOR: "1", TZ: "UTC", ...(NODE_COMPILE_CACHE !== undefined && { NODE_COMPILE_CACHE }) };
}

/**
 * Runs the command line as a user does: its own process, in the project's root, without a terminal and without colours.
 * A run that has not ended after `limitS` is killed, which shows as the exit code null.
 */
export function runCli(args: readonly string[], limitS = 30): Promise<CliRun> {
  const child = spawn(process.execPath, ["src/cli/main.ts", ...args], {
    cwd: root,
    env: plainEnvironment(),
    stdio: ["ignore", "pipe", "pipe"],
  });
  const texts = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text: string) => (texts[name] += text));
  }
  const killer = setTimeout(() => child.kill("SIGKILL"), limitS * 1000);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (exitCode) => {
      clearTimeout(killer);
      resolve({ exitCode, ...texts });
    });
  });
}

/** What a crash of the program would print: a frame of a stack trace, or the words for a defect. */
export const crash = /^\s+at .+:\d+:\d+\)?$|failed inside|node:internal/m;

/** Runs the command line within this process, which is much faster; for commands that end without a signal. */
export async function runCliHere(args: readonly string[]): Promise<CliRun> {
  const texts = { stdout: "", stderr: "" };
  const spies = (["stdout", "stderr"] as const).map((name) =>
    vi.spyOn(process[name], "write").mockImplementation((text) => {
      texts[name] += String(text);
      return true;
    }),
  );
  const before = process.exitCode;
  try {
    const exitCode = await run(args);
    return { exitCode, ...texts };
  } finally {
    process.exitCode = before;
    for (const spy of spies) spy.mockRestore();
  }
}
