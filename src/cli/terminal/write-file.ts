import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  openSync,
  readSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { CommandFailure, exitCodes } from "./exit-codes.ts";
import { fileFault } from "./file-errors.ts";

/**
 * Writes a file the user named, whole or not at all: what was there before stays until the new text is on the disk. Ends the
 * command with code 3 when that cannot be done.
 */
export function writeFile(path: string, text: string): void {
  try {
    const before = statSync(path, { throwIfNoEntry: false });
    const target = before?.isFile() ? realpathSync(path) : resolve(path);
    // A pipe or a device cannot be exchanged, and where the folder may not be written to, the file alone can be.
    if (before !== undefined && !(before.isFile() && mayWrite(dirname(target)))) writeFileSync(path, text);
    else exchange(target, text, before?.mode);
  } catch (error) {
    throw new CommandFailure(
      exitCodes.invalid,
      `${path} cannot be written: ${fileFault(error)}. Choose another folder or name.`,
    );
  }
}

/**
 * The same for what may have taken an hour: where its file cannot be written any more, it is kept among the temporary files, and the
 * error says where.
 */
export function writeResult(path: string, text: string): void {
  try {
    writeFile(path, text);
  } catch (error) {
    const rescue = join(tmpdir(), `disperse-${process.pid}-${basename(path).slice(0, 200)}`);
    try {
      writeFile(rescue, text);
    } catch {
      throw error;
    }
    throw new CommandFailure(exitCodes.invalid, `${(error as Error).message} What was found is kept in ${rescue}.`);
  }
}

function exchange(target: string, text: string, mode: number | undefined): void {
  const beside = join(dirname(target), `.${basename(target).slice(0, 200)}.${process.pid}.new`);
  const file = openSync(beside, "w", mode);
  try {
    try {
      writeFileSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(beside, target);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
}

function mayWrite(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Ends the command with code 3, before any work is done, where `path` could not be written or holds something else than an
 * earlier result.
 *
 * @param force Whatever is there may go.
 * @param remedy What to do where something else is there.
 */
export function requireWritable(
  path: string,
  force: boolean,
  remedy = "choose another name, or overwrite it with --force",
): void {
  const refuse = (why: string): CommandFailure => new CommandFailure(exitCodes.invalid, `${path} ${why}`);
  if (path === "-")
    throw refuse("is no file: what is printed goes to standard output, here something else does not. Name a file.");
  const target = existsSync(path) ? path : dirname(resolve(path));
  try {
    accessSync(target, constants.W_OK);
  } catch (error) {
    throw refuse(`cannot be written: ${fileFault(error)}. Choose another folder or name.`);
  }
  if (existsSync(path) && statSync(path).isDirectory()) {
    throw refuse("cannot be written: it is a folder. Choose another name.");
  }
  if (!force && existsSync(path) && !isOwnDocument(path)) {
    throw refuse(`is there already and is no result of this program; ${remedy}.`);
  }
}

/** Ends the command with code 3 where `path`, to which it would write, is one of the files it reads. */
export function requireOther(path: string, inputs: readonly string[]): void {
  const place = placeOf(path);
  if (!inputs.some((input) => placeOf(input) === place)) return;
  throw new CommandFailure(exitCodes.invalid, `${path} is read here and would be lost; name another file.`);
}

function placeOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}

/** Results carry their format in the first line. A pipe or a device holds nothing that could be lost. */
function isOwnDocument(path: string): boolean {
  const head = Buffer.alloc(64);
  try {
    if (!statSync(path).isFile()) return true;
    const file = openSync(path, "r");
    const length = readSync(file, head, 0, head.length, 0);
    closeSync(file);
    return (
      length === 0 ||
      /"format":"disperse\/|^\{"displayTimeUnit":"ms","traceEvents":/.test(head.toString("utf8", 0, length))
    );
  } catch {
    return false;
  }
}
