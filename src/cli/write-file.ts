import { accessSync, closeSync, constants, existsSync, openSync, readSync, statSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
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

/**
 * Ends the command with code 3, before any work is done, where `path` could not be written or holds something else than an
 * earlier result.
 *
 * @param force Whatever is there may go.
 */
export function requireWritable(path: string, force: boolean): void {
  const refuse = (why: string): CommandFailure => new CommandFailure(exitCodes.invalid, `${path} ${why}`);
  const target = existsSync(path) ? path : dirname(resolve(path));
  try {
    accessSync(target, constants.W_OK);
  } catch (error) {
    const { code = "unknown error" } = error as NodeJS.ErrnoException;
    throw refuse(`cannot be written: ${code}. Choose another folder or name.`);
  }
  if (existsSync(path) && statSync(path).isDirectory()) {
    throw refuse("cannot be written: it is a folder. Choose another name.");
  }
  if (!force && existsSync(path) && !isOwnDocument(path)) {
    throw refuse(
      "is there already and is no result of this program; choose another name, or overwrite it with --force.",
    );
  }
}

/** Results carry their format in the first line. */
function isOwnDocument(path: string): boolean {
  const head = Buffer.alloc(64);
  try {
    const file = openSync(path, "r");
    const length = readSync(file, head, 0, head.length, 0);
    closeSync(file);
    return length === 0 || head.toString("utf8", 0, length).includes('"format":"disperse/');
  } catch {
    return false;
  }
}
