import { existsSync } from "node:fs";
import { starterScenario } from "../../scenario/index.ts";
import { CommandFailure, exitCodes } from "../terminal/exit-codes.ts";
import { writeFile } from "../terminal/write-file.ts";

/** `disperse init`: a starter one can plan at once; `-` is standard output. */
export function init(file: string, options: { force?: boolean }): void {
  if (file === "-") return void process.stdout.write(starterScenario());
  if (existsSync(file) && !options.force) {
    throw new CommandFailure(exitCodes.invalid, `${file} exists already: choose another name or add --force.`);
  }
  writeFile(file, starterScenario());
  process.stderr.write(`Wrote ${file}. Next: disperse plan ${file}\n`);
}
