// `npm test`: the checks, the tests and the set-up both need. Arguments go to vitest, which then runs alone.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { knownWeaknesses } from "./audit.ts";
import { check } from "./check.ts";
import { buildConsole } from "./console.ts";
import { provideChromium, provideNatsServer } from "./debian.ts";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const args = process.argv.slice(2);

const started = Date.now();
provideChromium();
const PATH = provideNatsServer(join(root, ".runtime", "debian"));
const built = buildConsole(root);
// What the registry learnt overnight may stop a merge, but not a newcomer's first test run.
const sound = !process.env["CI"] || knownWeaknesses() === 0;
const clean = (args.length > 0 || (await check())) && sound;
const reports = mkdtempSync(join(tmpdir(), "disperse-test-"));
const report = join(reports, "report.json");
const vitest = spawnSync(
  process.execPath,
  [
    "--disable-warning=ExperimentalWarning",
    "node_modules/vitest/vitest.mjs",
    "run",
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${report}`,
    ...args,
  ],
  { cwd: root, stdio: "inherit", env: { ...process.env, PATH } },
);
// One plain closing line that any log reader understands.
if (existsSync(report)) {
  const totals = JSON.parse(readFileSync(report, "utf8")) as Record<string, number>;
  const { numPassedTests = 0, numFailedTests = 0, numPendingTests = 0, numTodoTests = 0 } = totals;
  const failed = numFailedTests + (clean ? 0 : 1) + (built ? 0 : 1);
  process.stdout.write(`checks and tests took ${((Date.now() - started) / 1000).toFixed(0)} s\n`);
  process.stdout.write(`${numPassedTests} passed, ${failed} failed, ${numPendingTests + numTodoTests} skipped\n`);
}
rmSync(reports, { recursive: true, force: true });
process.exit(vitest.status === 0 && clean && built ? 0 : 1);
