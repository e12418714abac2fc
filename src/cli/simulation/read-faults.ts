import { parse } from "yaml";
import type { World } from "../../catalog/index.ts";
import type { Fault } from "../../simulate/index.ts";
import { CommandFailure, exitCodes } from "../terminal/exit-codes.ts";
import { parseFault } from "./parse-fault.ts";
import { readText } from "../document/read-plan.ts";

/** Fault schedules by name, from a YAML or JSON file: a list of faults as `--fault` takes them, or lists under names. */
export function readFaultFile(path: string, world: World, option: string): Map<string, readonly Fault[]> {
  const refuse = (why: string) => new CommandFailure(exitCodes.invalid, `${option}: ${path} ${why}`);
  let document: unknown;
  try {
    document = parse(readText(path));
  } catch (error) {
    if (error instanceof CommandFailure) throw error;
    throw refuse(`is neither YAML nor JSON: ${(error as Error).message.split("\n")[0]}`);
  }
  const faults = (list: unknown, name: string): readonly Fault[] => {
    if (!Array.isArray(list)) throw refuse(`has no list of faults${name && ` under "${name}"`}.`);
    return list.map((entry) => {
      if (typeof entry !== "string")
        throw refuse(`has ${JSON.stringify(entry)} where a fault such as site:fra@600s+300s belongs.`);
      return parseFault(entry, world, `${option} ${path}`);
    });
  };
  if (Array.isArray(document)) return new Map([["", faults(document, "")]]);
  if (typeof document !== "object" || document === null) throw refuse("holds no list of faults.");
  return new Map(Object.entries(document).map(([name, list]) => [name, faults(list ?? [], name)]));
}
