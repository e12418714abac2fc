import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  parseClientLengths,
  parseClientWindows,
  type ClientProfile,
  type ClientProfileSet,
} from "../../simulate/index.ts";

const windowsFile = /^chunk-(\d+)-trace\.csv$/;

/** Reads a folder of client profiles as ServeGen publishes them: `chunk-N-trace.csv`, and `chunk-N-dataset.json`. */
export function readClientProfiles(folder: string): ClientProfileSet {
  const problems: string[] = [];
  const numbers = readdirSync(folder)
    .flatMap((name) => windowsFile.exec(name)?.[1] ?? [])
    .toSorted((a, b) => Number(a) - Number(b));
  const clients = numbers.flatMap((number): ClientProfile[] => {
    const path = join(folder, `chunk-${number}-trace.csv`);
    const windows = parseClientWindows(readFileSync(path, "utf8"), path, problems);
    if (windows.length === 0) return [];
    const dataset = join(folder, `chunk-${number}-dataset.json`);
    const lengths = existsSync(dataset) ? parseClientLengths(readFileSync(dataset, "utf8"), dataset, problems) : [];
    return [{ id: number, windows, lengths }];
  });
  return { clients, problems };
}
