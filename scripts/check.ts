// Types, lint, format and dead code: everything that can be said about the code without running it.
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const tools: readonly (readonly [string, readonly string[]])[] = [
  ["types", ["node_modules/typescript/bin/tsc", "-p", "tsconfig.json"]],
  ["types of the console", ["node_modules/typescript/bin/tsc", "-p", "console/tsconfig.json"]],
  ["lint", ["node_modules/oxlint/bin/oxlint", "--deny-warnings", "src", "test", "bench", "scripts", "console/src"]],
  ["format", ["node_modules/oxfmt/bin/oxfmt", "--check", "src", "test", "bench", "scripts", "console/src"]],
  ["dead code", ["node_modules/knip/bin/knip.js"]],
];

/** Runs every check, also after a failure, so that one run shows all there is to mend. */
export function check(): boolean {
  let clean = true;
  for (const [name, [script, ...args]] of tools) {
    const started = Date.now();
    const { status } = spawnSync(process.execPath, [script!, ...args], { cwd: root, stdio: ["ignore", 2, 2] });
    process.stderr.write(
      `${status === 0 ? "ok  " : "FAIL"} ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)\n`,
    );
    clean &&= status === 0;
  }
  return clean;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exit(check() ? 0 : 1);
