import { writeFileSync } from "node:fs";
import { CommandFailure, exitCodes } from "./exit-codes.ts";

/** Writes a file the user named; ends the command with code 3 when that cannot be done. */
export function writeFile(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw new CommandFailure(
      exitCodes.invalid,
      `${path} cannot be written: ${(error as NodeJS.ErrnoException).code ?? "unknown error"}. Choose another folder or name.`,
    );
  }
}
