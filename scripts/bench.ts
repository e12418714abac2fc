// `npm run -s bench -- <name> [arguments]`: runs one file of bench/, which prints one JSON object per line on stdout.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const folder = join(dirname(fileURLToPath(import.meta.url)), "..", "bench");
// What several benchmarks share lies beside them and has no `run`.
const isBenchmark = (file: string) =>
  file.endsWith(".ts") && /^export (async )?function run\b/m.test(readFileSync(join(folder, file), "utf8"));
const names = readdirSync(folder)
  .filter(isBenchmark)
  .map((file) => file.slice(0, -3))
  .sort();
const [name, ...args] = process.argv.slice(2);
if (!name || !names.includes(name)) {
  process.stderr.write(`${name ? `There is no benchmark "${name}". ` : ""}Benchmarks: ${names.join(", ")}\n`);
  process.exit(3);
}
const benchmark = (await import(pathToFileURL(resolve(folder, `${name}.ts`)).href)) as {
  run: (args: string[]) => Promise<void>;
};
await benchmark.run(args);
