import { enableCompileCache } from "node:module";
import { exitCodes } from "./terminal/exit-codes.ts";
import { fileFault } from "./terminal/file-errors.ts";

// Asked to read its files again before it has read them, a gateway that starts must not end. What comes later is heard by `serve`.
if (process.argv[2] === "serve") process.on("SIGHUP", () => {});

// Half a second of every start would go into compiling the same files again: of this process, of its threads and of the
// processes it starts, which read of it in their environment.
const { directory } = enableCompileCache();
if (directory !== undefined) process.env["NODE_COMPILE_CACHE"] ??= directory;
const { run } = await import("./program.ts");

// A reader that has seen enough (`| head`) closes the pipe; that is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(exitCodes.ok);
  process.stderr.write(`The output cannot be written: ${fileFault(error)}.\n`);
  process.exit(exitCodes.invalid);
});
// Progress that nobody can read is no reason to stop.
process.stderr.on("error", () => {});

process.exitCode = await run(process.argv.slice(2));
