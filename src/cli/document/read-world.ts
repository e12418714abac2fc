import { createHash } from "node:crypto";
import { dirname, resolve } from "node:path";
import { styleText } from "node:util";
import { geonamesPlaces } from "../../adapters/places-geonames/index.ts";
import { resolveWorld, type World } from "../../catalog/index.ts";
import { formatProblem, parseScenario, type Problem } from "../../scenario/index.ts";
import { CommandFailure, exitCodes } from "../terminal/exit-codes.ts";
import { sha256Of } from "../terminal/sha256.ts";
import { readText } from "../terminal/read-text.ts";

export interface ScenarioOptions {
  readonly scenario?: string;
  readonly set?: readonly string[];
}

export interface LoadedWorld {
  readonly world: World;
  /** Futures the scenario names, with their probabilities. */
  readonly futures: readonly { readonly name: string; readonly probability: number }[];
  /** SHA-256 over every file read and every setting: the same hash means the same question. */
  readonly inputHash: string;
  /** Files read, by absolute path. */
  readonly files: readonly { readonly path: string; readonly sha256: string }[];
}

/**
 * Reads and resolves a scenario file. Prints warnings; ends the command with code 3 when something is wrong.
 *
 * @param future One of the scenario's futures, whose overrides are applied.
 * @param told Warnings that were printed before and are not printed again; takes those that are.
 */
export function readWorld(
  path: string,
  options: ScenarioOptions,
  future?: string,
  told: Set<string> = new Set(),
): LoadedWorld {
  const where = future === undefined ? "" : `in the future ${future}:\n`;
  const result = parseScenario(path, readText, {
    ...(options.scenario === undefined ? {} : { scenario: options.scenario }),
    ...(future === undefined ? {} : { future }),
    ...(options.set === undefined ? {} : { set: options.set }),
  });
  if (!result.ok) throw new CommandFailure(exitCodes.invalid, where + report(result.problems, result.sources));
  const { parsed } = result;
  const resolved = resolveWorld(parsed, geonamesPlaces());
  const warnings = [...parsed.warnings, ...(resolved.ok ? resolved.warnings : [])].filter(
    (warning) => !told.has(JSON.stringify(warning)),
  );
  if (warnings.length > 0) process.stderr.write(`${where}${report(warnings, parsed.sources)}\n`);
  for (const warning of warnings) told.add(JSON.stringify(warning));
  if (!resolved.ok) throw new CommandFailure(exitCodes.invalid, where + report(resolved.problems, parsed.sources));
  const hash = createHash("sha256");
  const folder = dirname(resolve(path));
  for (const [name, text] of [...parsed.sources].sort(([a], [b]) => (a < b ? -1 : 1))) {
    // Relative names: the same files in another folder ask the same question.
    hash.update(`${resolve(name).replace(folder, "")}\0${text}\0`);
  }
  if (future !== undefined) hash.update(`\0future ${future}`);
  const futures = Object.entries(parsed.scenario.futures).map(([name, { probability }]) => ({ name, probability }));
  const files = [...parsed.sources]
    .filter(([name]) => name !== "-" && !name.startsWith("--"))
    .map(([name, text]) => ({ path: resolve(name), sha256: sha256Of(text) }));
  return { world: resolved.world, futures, files, inputHash: hash.digest("hex") };
}

function report(problems: readonly Problem[], sources: ReadonlyMap<string, string>): string {
  return problems
    .map((problem) => {
      const [head = "", ...rest] = formatProblem(problem, sources).split("\n");
      const colour = problem.severity === "error" ? "red" : "yellow";
      return [styleText(colour, head, { stream: process.stderr }), ...rest].join("\n");
    })
    .join("\n\n");
}
