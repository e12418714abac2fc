// `npm run -s bench -- <name> [arguments]`: runs one file of bench/, which prints one JSON object per line on stdout.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { UsageFault } from "../bench/usage.ts";

const folder = join(dirname(fileURLToPath(import.meta.url)), "..", "bench");
const sourceOf = (file: string): string => readFileSync(join(folder, file), "utf8");
// What several benchmarks share lies beside them and has no `run`.
const isBenchmark = (file: string) => file.endsWith(".ts") && /^export (async )?function run\b/m.test(sourceOf(file));
const names = readdirSync(folder)
  .filter(isBenchmark)
  .map((file) => file.slice(0, -3))
  .sort();

/** What a benchmark measures and takes stands at the top of its file. */
function help(name: string): string {
  const source = sourceOf(`${name}.ts`);
  const comment = /^\/\*\*\n([^]*?)\n? \*\//.exec(source)?.[1] ?? /^(?:\/\/.*\n)+/.exec(source)?.[0] ?? "";
  return comment.replaceAll(/^(?:\/\/ ?| \* ?)/gm, "").trim();
}

function list(): string {
  const width = Math.max(...names.map((name) => name.length));
  const lines = names.map((name) => {
    const words = help(name).replaceAll(/\s+/g, " ");
    return `  ${name.padEnd(width)}  ${/^.*?[.:](?= |$)/.exec(words)?.[0].slice(0, -1) ?? words}`;
  });
  return ["Benchmarks; each explains itself with --help:", "", ...lines].join("\n");
}

/** Ends with code 3 and words for the user. */
function refuse(words: string): never {
  process.stderr.write(`${words}\n`);
  process.exit(3);
}

// A reader that has seen enough (`| head`) closes the pipe; that is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 3));
const [name, ...args] = process.argv.slice(2);
const wantsHelp = (word: string | undefined): boolean => word === "--help" || word === "-h";
if (name === undefined) refuse(list());
if (wantsHelp(name)) process.stdout.write(`${list()}\n`);
else if (!names.includes(name)) refuse(`There is no benchmark "${name}".\n${list()}`);
else if (args.some(wantsHelp)) process.stdout.write(`${help(name)}\n`);
else {
  const benchmark = (await import(pathToFileURL(resolve(folder, `${name}.ts`)).href)) as {
    run: (args: string[]) => Promise<void>;
  };
  try {
    await benchmark.run(args);
  } catch (error) {
    const { code = "", message } = error as NodeJS.ErrnoException;
    if (error instanceof UsageFault || code.startsWith("ERR_PARSE_ARGS"))
      refuse(`${name}: ${message.split(". To specify")[0]}. How it is called: npm run -s bench -- ${name} --help`);
    throw error;
  }
}
