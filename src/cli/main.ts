import { enableCompileCache } from "node:module";

// Half a second of every start would go into compiling the same files again: of this process, of its threads and of the
// processes it starts, which read of it in their environment.
const { directory } = enableCompileCache();
if (directory !== undefined) process.env["NODE_COMPILE_CACHE"] ??= directory;
const { run } = await import("./program.ts");

process.exitCode = await run(process.argv.slice(2));
