import { createNodeFiles, lockFolder } from "../../adapters/files-node/index.ts";
import { FileDesk, type FileDeskParts } from "../../serve/index.ts";
import { CommandFailure, exitCodes } from "../terminal/exit-codes.ts";
import { fileFault } from "../terminal/file-errors.ts";

export interface FileSettings {
  /** Folder for uploads and results of batches. */
  readonly folder: string;
  /** Country where that folder lies, ISO 3166-1 alpha-2; null = the law on keeping data is not asked. */
  readonly country: string | null;
  /** Hours of the day (UTC) in which batches run, for example `22-6`; null = all. */
  readonly hours: string | null;
}

/** Opens the folder of files, which is this process's alone until `close`; `start` goes on with batches that were under way. */
export async function openFiles(
  settings: FileSettings,
  parts: Pick<FileDeskParts, "clock" | "rng" | "send" | "charged">,
): Promise<{ readonly desk: FileDesk; readonly close: () => Promise<void> }> {
  const { folder, country } = settings;
  const hours = settings.hours === null ? null : readHours(settings.hours);
  if (country !== null && !/^[A-Z]{2}$/.test(country)) {
    throw invalid(`--files-country: "${country}" is no country code such as DE.`);
  }
  let unlock = () => {};
  try {
    unlock = lockFolder(folder);
    const desk = new FileDesk({ ...parts, store: createNodeFiles(folder), options: { country, hours } });
    await desk.open();
    const close = async () => {
      await desk.stop();
      unlock();
    };
    return { desk, close };
  } catch (error) {
    unlock();
    throw invalid(
      `--files: the folder ${folder} cannot be used: ${fileFault(error)}. Name one that this user may write to and no other gateway uses.`,
    );
  }
}

function readHours(text: string): { readonly from: number; readonly to: number } {
  const match = /^(\d{1,2})-(\d{1,2})$/.exec(text);
  const [from, to] = [Number(match?.[1]), Number(match?.[2])];
  if (!match || from > 23 || to > 24 || from === to) {
    throw invalid(`--batch-hours: "${text}" must be two hours of the day (UTC) such as 22-6.`);
  }
  return { from, to };
}

const invalid = (why: string): CommandFailure => new CommandFailure(exitCodes.invalid, why);
