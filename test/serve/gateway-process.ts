import { spawn, type ChildProcess } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { World } from "../../src/catalog/index.ts";
import { plainEnvironment } from "../cli/run-cli.ts";
import { serveDeployment, serveWorld } from "./test-mesh.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** Writes a plan document of the small test world; enough of one to be served. */
export function writePlan(folder: string, world: World = serveWorld(), name = "plan.json"): string {
  const path = join(folder, name);
  const deployment = serveDeployment(world);
  writeFileSync(path, JSON.stringify({ format: "disperse/plan/v1", status: "optimal", world, deployment }));
  return path;
}

export interface GatewayProcess {
  readonly child: ChildProcess;
  readonly url: string;
  /** What it has written so far. */
  stdout(): string;
  stderr(): string;
  /** Resolves when standard error contains the words. */
  says(words: string): Promise<void>;
  /** Resolves with the exit code; null when it was killed. */
  readonly ended: Promise<number | null>;
}

/** Starts `disperse serve` as a user does and waits until it listens. */
export async function startServe(
  plan: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  started: (child: ChildProcess) => void = () => {},
): Promise<GatewayProcess> {
  const child = spawn(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", "src/cli/main.ts", "serve", plan, "--port", "0", ...args],
    {
      cwd: root,
      env: { ...plainEnvironment(), ...env },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  started(child);
  const texts = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text: string) => (texts[name] += text));
  }
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  const until = async (met: () => boolean, what: string) => {
    for (const endsMs = performance.now() + 45_000; !met();) {
      if (performance.now() > endsMs) throw new Error(`no ${what}:\n${texts.stdout}\n${texts.stderr}`);
      if (child.exitCode !== null) throw new Error(`it ended early:\n${texts.stdout}\n${texts.stderr}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const address = /gateway and console: (\S+)\n/;
  await until(() => address.test(texts.stdout + texts.stderr), "address").catch((error: unknown) => {
    child.kill("SIGKILL");
    throw error;
  });
  return {
    child,
    url: address.exec(texts.stdout + texts.stderr)![1]!,
    stdout: () => texts.stdout,
    stderr: () => texts.stderr,
    says: (words) => until(() => texts.stderr.includes(words), `word "${words}"`),
    ended,
  };
}
