// `npm run -s fuzz [inputs]`: the fuzz tests with many inputs, a hundred thousand over all properties when none are named.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const files = ["test/serve/fuzz.test.ts", "test/serve/fuzz-kept.test.ts"];
const wanted = Number(process.argv[2] ?? 100_000);
if (!Number.isSafeInteger(wanted) || wanted < 1) {
  process.stderr.write("fuzz: the number of inputs must be a whole number above zero, for example 100000.\n");
  process.exit(3);
}
// Every property is one call of fast-check; two of them run for requests and responses each.
const properties = files.reduce((sum, file) => sum + countProperties(readFileSync(join(root, file), "utf8")), 0);
const each = Math.ceil(wanted / properties);
process.stderr.write(`fuzz: ${properties} properties, ${each} inputs each\n`);
const { status } = spawnSync(
  process.execPath,
  ["--disable-warning=ExperimentalWarning", join(root, "node_modules/vitest/vitest.mjs"), "run", ...files],
  { cwd: root, stdio: "inherit", env: { ...process.env, DISPERSE_FUZZ_INPUTS: String(each) } },
);
process.exit(status ?? 1);

function countProperties(text: string): number {
  const twice = /it\.each\(\["request", "response"\]/.test(text) ? 1 : 0;
  return (text.match(/fc\.assert\(/g) ?? []).length + twice;
}
