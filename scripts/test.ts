// `npm test`: the checks, the tests and the set-up both need. Arguments go to vitest, which then runs alone.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { check } from "./check.ts";
import { buildConsole } from "./console.ts";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const args = process.argv.slice(2);

/** Browser tests need Debian's Chromium; root may install it, others are told how. */
function provideChromium(): void {
  if (existsSync("/usr/bin/chromium")) return;
  if (process.getuid?.() !== 0) {
    process.stderr.write("browser tests are skipped: install Debian's package chromium to run them\n");
    return;
  }
  process.stderr.write("disperse set-up: installing Debian's chromium for the browser tests (once) …\n");
  const apt = (...words: string[]) =>
    spawnSync("apt-get", ["-qq", "-y", ...words], {
      stdio: ["ignore", "ignore", 2],
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    }).status === 0;
  if (!apt("update") || !apt("install", "--no-install-recommends", "chromium")) {
    process.stderr.write("browser tests are skipped: chromium could not be installed\n");
  }
}

const started = Date.now();
provideChromium();
const built = buildConsole(root);
const clean = args.length > 0 || (await check());
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
  { cwd: root, stdio: "inherit" },
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
