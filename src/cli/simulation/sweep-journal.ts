import { createHash } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import type { SweepCase, SweepOutcome } from "../../simulate/index.ts";
import { CommandFailure, exitCodes } from "../terminal/exit-codes.ts";
import { fileFault } from "../terminal/file-errors.ts";
import { isRunning } from "../terminal/is-running.ts";

const format = "disperse/sweep-journal/v1";

interface Header {
  readonly format: typeof format;
  readonly job: string;
}

type Line = SweepOutcome & { readonly key: string };

/**
 * The outcomes of a sweep, one line each, on the disk before the next case counts as done. After a kill the file ends
 * with a whole line or with part of one; the part is cut off when the file is opened again.
 */
export class SweepJournal {
  /** Outcomes that were there when the file was opened, and since. */
  readonly #known = new Map<string, SweepOutcome>();
  readonly #path: string;
  readonly #file: number;
  #end: number;

  private constructor(path: string, file: number, end: number, known: readonly Line[]) {
    this.#path = path;
    this.#file = file;
    this.#end = end;
    for (const { key, ...outcome } of known) this.#known.set(key, outcome);
  }

  /**
   * Opens the journal of a job, or begins one. Ends the command with code 3 when the file is none, or belongs to another job.
   *
   * @param fresh Whether what a journal holds may go; anything else than a journal stays all the same.
   */
  static open(path: string, job: string, { fresh }: { readonly fresh: boolean }): SweepJournal {
    const refuse = (why: string) => new CommandFailure(exitCodes.invalid, `--journal: ${path} ${why}`);
    try {
      const text = existsSync(path) ? readFileSync(path, "utf8") : "";
      const whole = text.slice(0, text.lastIndexOf("\n") + 1);
      const lines = whole.split("\n").filter((line) => line !== "");
      const found = lines.length > 0 ? parseLine<Header>(lines[0]!) : null;
      if (text !== "" && lines.length > 0 && found?.format !== format) {
        throw refuse("is no journal of a sweep. Choose another name with --journal.");
      }
      if (found !== null && found.job !== job && !fresh) {
        throw refuse(
          "belongs to a sweep of another plan, period or trace. Choose another name with --journal, or begin anew with --fresh.",
        );
      }
      if (found === null && text !== "" && !text.startsWith('{"format":')) {
        throw refuse("is no journal of a sweep. Choose another name with --journal.");
      }
      takeLock(path, refuse);
      const file = openSync(path, existsSync(path) ? "r+" : "wx");
      const isBegun = found !== null && !fresh;
      // What a kill left of a line, or a line that a failing disk spoiled, is computed again.
      const known = isBegun ? lines.slice(1).flatMap((line) => parseLine<Line>(line) ?? []) : [];
      const journal = new SweepJournal(path, file, isBegun ? Buffer.byteLength(whole) : 0, known);
      ftruncateSync(file, journal.#end);
      if (!isBegun) journal.#write({ format, job } satisfies Header);
      return journal;
    } catch (error) {
      if (error instanceof CommandFailure) throw error;
      throw refuse(`cannot be written: ${fileFault(error)}.`);
    }
  }

  outcomeOf(sweepCase: SweepCase): SweepOutcome | undefined {
    return this.#known.get(caseKey(sweepCase));
  }

  /** Keeps the outcome of a case. A second outcome of the same case changes nothing. */
  add(sweepCase: SweepCase, outcome: SweepOutcome): void {
    const key = caseKey(sweepCase);
    if (this.#known.has(key)) return;
    this.#known.set(key, outcome);
    this.#write({ key, ...outcome });
  }

  close(): void {
    closeSync(this.#file);
    rmSync(lockOf(this.#path), { force: true });
  }

  #write(value: unknown): void {
    const bytes = Buffer.from(`${JSON.stringify(value)}\n`);
    try {
      for (let written = 0; written < bytes.length;) {
        written += writeSync(this.#file, bytes, written, bytes.length - written, this.#end + written);
      }
      this.#end += bytes.length;
      fsyncSync(this.#file);
    } catch (error) {
      throw new CommandFailure(
        exitCodes.invalid,
        `--journal: ${this.#path} cannot be written: ${fileFault(error)}. Outcomes until now are in it; the same command goes on from there.`,
      );
    }
  }
}

const lockOf = (path: string): string => `${path}.lock`;

/** Two sweeps that write into one journal would spoil each other's lines. A lock whose process is gone holds nobody up. */
function takeLock(path: string, refuse: (why: string) => CommandFailure): void {
  const lock = lockOf(path);
  if (existsSync(lock)) {
    const owner = Number(readFileSync(lock, "utf8"));
    if (owner !== process.pid && isRunning(owner)) {
      throw refuse(
        `is being written by another sweep (process ${owner}). Choose another name with --journal; if that is no sweep, remove ${lock}.`,
      );
    }
  }
  writeFileSync(lock, String(process.pid));
}

function parseLine<T>(line: string): T | null {
  try {
    return JSON.parse(line) as T;
  } catch {
    return null;
  }
}

/** A case is what its options say, whatever it is called. */
function caseKey({ options }: SweepCase): string {
  return createHash("sha256").update(JSON.stringify(options)).digest("hex").slice(0, 24);
}
