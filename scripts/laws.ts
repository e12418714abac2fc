// `npm run laws [-- share]`: the laws on many more random cases than `npm test` tries, and on others each time.
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const [share = "5", ...rest] = process.argv.slice(2);
if (!(Number(share) > 0)) {
  process.stderr.write(`how many times the cases of a law? a number above 0, not ${JSON.stringify(share)}\n`);
  process.exit(2);
}
const hangsAfterMs = 60_000 * Math.max(1, 2 * Number(share));
const vitest = spawnSync(
  process.execPath,
  [
    "--disable-warning=ExperimentalWarning",
    "node_modules/vitest/vitest.mjs",
    "run",
    `--testTimeout=${hangsAfterMs}`,
    ...(rest.length > 0 ? rest : ["test/laws", "src/simulate", "src/plan", "src/catalog", "src/scenario"]),
  ],
  { cwd: root, stdio: "inherit", env: { ...process.env, DISPERSE_LAW_SHARE: share } },
);
process.exit(vitest.status ?? 1);
