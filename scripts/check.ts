// Types, lint, format and dead code: everything that can be said about the code without running it.
import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const folders = ["src", "test", "bench", "scripts", "examples", "console/src", "console/vite.config.ts"];
const tools: readonly (readonly [string, readonly string[]])[] = [
  ["dead code", ["node_modules/knip/bin/knip.js"]],
  // The compiler's own diagnostics come with the lint, which asks it for types anyway: one program for each tsconfig.json.
  ["types and lint", ["node_modules/oxlint/bin/oxlint", "--type-check", "--deny-warnings", ...folders]],
  ["format", ["node_modules/oxfmt/bin/oxfmt", "--check", ...folders]],
];
/** How many run at a time: one of them waits for one thread while the next is at work on the other. */
const atOnce = 2;
/** The type checker lives for seconds: collecting its garbage costs a third of its time and saves a tenth of its memory. */
const env = { ...process.env, GOGC: "off", GOMEMLIMIT: "3GiB" };

/** Runs one tool. What it says is shown in one piece when it has ended, so that two do not talk at the same time. */
function runTool(name: string, args: readonly string[]): Promise<boolean> {
  const started = Date.now();
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (bytes: Buffer) => void (said += bytes));
    child.on("close", (status) => {
      const line = `${status === 0 ? "ok  " : "FAIL"} ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)\n`;
      process.stderr.write(status === 0 ? line : said + line);
      resolve(status === 0);
    });
  });
}

/** Runs every check, also after a failure, so that one run shows all there is to mend. */
export async function check(): Promise<boolean> {
  const waiting = [...tools];
  let clean = true;
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let tool = waiting.shift(); tool !== undefined; tool = waiting.shift()) {
        clean = (await runTool(...tool)) && clean;
      }
    }),
  );
  return clean;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exit((await check()) ? 0 : 1);
