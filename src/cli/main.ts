import { enableCompileCache } from "node:module";

// Half a second of every start would go into compiling the same files again.
enableCompileCache();
const { run } = await import("./program.ts");

process.exitCode = await run(process.argv.slice(2));
