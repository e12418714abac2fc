// `npm start`: builds the console when its sources changed, then runs the main job. Arguments go to `disperse demo`.
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "../src/cli/program.ts";
import { buildConsole } from "./console.ts";

buildConsole(join(dirname(fileURLToPath(import.meta.url)), ".."));
process.exitCode = await run(["demo", ...process.argv.slice(2)]);
