import { checkOverrides } from "./check-overrides.ts";
import { check, type CheckContext } from "./check.ts";
import { crossCheck } from "./cross-check.ts";
import {
  applyPatch,
  checkFutureNames,
  checkScenarioNames,
  futurePatches,
  patchFromSetting,
  resolvePatches,
} from "./overrides.ts";
import { orderProblems, problem, type Place, type Problem } from "./problem.ts";
import { startOf, textProblem } from "./read-text.ts";
import { readYaml } from "./read-yaml.ts";
import { expandRows, type FileContext, type ReadFile } from "./rows-from-csv.ts";
import { spellOut } from "./spell-out.ts";
import { scenarioSpec, type Scenario } from "./spec.ts";
import { child, locate, type MapTree, type Tree } from "./tree.ts";

/** Largest scenario file, in characters; bulk data belongs into CSV files. */
const maxScenarioLength = 400_000;

export interface ParseOptions {
  /** Name of a scenario or override in the file to apply. */
  readonly scenario?: string;
  /** Name of a future of the file, whose overrides are applied after `scenario`. */
  readonly future?: string;
  /** Settings `path=value`, applied last, in order. */
  readonly set?: readonly string[];
}

/** A scenario and what one needs to speak about it. */
export interface ParsedScenario {
  readonly scenario: Scenario;
  /** Place of the value at a path, for example `["workloads", "game", "model"]`; the nearest one above if it is not there. */
  locate(path: readonly (string | number)[]): Place;
  readonly warnings: readonly Problem[];
  /** Text of every file read, by path, for `formatProblem`. */
  readonly sources: ReadonlyMap<string, string>;
}

export type ParseResult =
  | { readonly ok: true; readonly parsed: ParsedScenario }
  | { readonly ok: false; readonly problems: readonly Problem[]; readonly sources: ReadonlyMap<string, string> };

/**
 * Reads, patches and checks a scenario. Never throws: whatever is wrong comes back as at most 20 problems, each with its
 * place and what to write instead. Files are read through `read`, which says why what cannot be read cannot.
 */
export function parseScenario(path: string, read: ReadFile, options: ParseOptions = {}): ParseResult {
  const problems: Problem[] = [];
  const sources = new Map<string, string>();
  const fail = (): ParseResult => ({ ok: false, problems: orderProblems(problems), sources });

  const text = read(path);
  const unreadable = textProblem(text, path, startOf(path), maxScenarioLength);
  if (unreadable !== null) problems.push(unreadable);
  if (unreadable !== null || typeof text !== "string") return fail();
  sources.set(path, text);
  const yaml = readYaml(text, path);
  if ("problems" in yaml) {
    problems.push(...yaml.problems);
    return fail();
  }

  const mistaken = resultInstead(yaml.tree);
  if (mistaken !== null) {
    problems.push(mistaken);
    return fail();
  }

  const files = { scenarioPath: path, read, problems, warnings: [] as Problem[], sources };
  const tree = expandFiles(patch(yaml.tree, options, files), files);
  const context = contextOf(tree, problems);
  const value = check(scenarioSpec, tree, context);
  if (problems.length > 0) return fail();
  if (tree.kind === "map") problems.push(...checkOverrides(tree, context));
  if (problems.length > 0) return fail();
  // The specification's type describes exactly what `check` returns when it found no problem.
  const scenario = value as Scenario;
  const parsed = { scenario, locate: (steps: readonly (string | number)[]) => locate(tree, steps), sources };
  const found = crossCheck(scenario, parsed.locate);
  problems.push(...found);
  if (found.some((item) => item.severity === "error")) return fail();
  return { ok: true, parsed: { ...parsed, warnings: orderProblems([...files.warnings, ...found]) } };
}

/** Results of the program are JSON, and so YAML: told in one line instead of one for each of their keys. */
function resultInstead(tree: Tree): Problem | null {
  const format = tree.kind === "map" && !tree.entries.has("apiVersion") ? tree.entries.get("format")?.value : undefined;
  if (format?.kind !== "scalar" || !format.text.startsWith("disperse/")) return null;
  const what = format.text.startsWith("disperse/plan/") ? "a plan" : `a result of the program (${format.text})`;
  const hint =
    what === "a plan"
      ? "name the scenario it was made from; a plan is read by verify, explain, simulate, serve and others"
      : "name a scenario; `disperse init` writes one to begin with";
  return problem("DSP_SCENARIO_WRONG_TYPE", format.at, `this is ${what}, no scenario`, hint);
}

function patch(root: Tree, options: ParseOptions, files: FileContext): Tree {
  const { problems, sources } = files;
  const settings = (options.set ?? []).flatMap((setting, index) => {
    const file = `--set[${index}]`;
    sources.set(file, setting);
    const result = patchFromSetting(setting, file);
    if ("patch" in result) return [result.patch];
    problems.push(...result.problems);
    return [];
  });
  checkScenarioNames(root, problems);
  checkFutureNames(root, problems);
  let tree = root;
  const apply = (changes: Tree): void => {
    const sections = sectionsEntered(changes);
    tree = applyPatch(writeOut(expandFiles(tree, files, sections), sections), changes, problems);
  };
  if (options.scenario !== undefined) {
    const asked = { file: "--scenario", line: 1, column: 1, endColumn: options.scenario.length + 1 };
    sources.set(asked.file, options.scenario);
    // Cycles and unknown names inside the file were found above; only the name asked for is new.
    const names: Problem[] = [];
    const patches = resolvePatches(root, options.scenario, asked, names);
    problems.push(...names.filter((item) => item.file === asked.file));
    for (const item of patches) apply(item);
  }
  // Settings may say what a future is; unknown names inside the file were found above.
  const ofFutures = settings.filter((setting) => sectionsEntered(setting).has("futures"));
  const withFutures = ofFutures.reduce<Tree>((result, setting) => applyPatch(result, setting, []), tree);
  if (ofFutures.length > 0) checkFutureNames(withFutures, problems);
  if (options.future !== undefined) {
    for (const item of futurePatches(withFutures, options.future, [])) apply(item);
  }
  for (const setting of settings) apply(setting);
  return tree;
}

/** Sections a patch steps into: their rows must be there by then, for a row of a file is addressed like any other. */
function sectionsEntered(changes: Tree): ReadonlySet<string> {
  const paths = changes.kind === "map" ? [...changes.entries] : [];
  return new Set(
    paths.flatMap(([path, entry]) => {
      const dot = path.indexOf(".");
      if (dot > 0) return [path.slice(0, dot)];
      return entry.value.kind === "map" ? [path] : [];
    }),
  );
}

/** Writes the short forms of some sections out: a patch may step into what is written in one. */
function writeOut(tree: Tree, sections: ReadonlySet<string>): Tree {
  if (tree.kind !== "map") return tree;
  const entries = [...tree.entries].map(([key, entry]) => {
    const field = Object.hasOwn(scenarioSpec.fields, key) ? scenarioSpec.fields[key as keyof Scenario] : undefined;
    const enters = field !== undefined && sections.has(key);
    return [key, enters ? { ...entry, value: spellOut(field, entry.value) } : entry] as const;
  });
  return { ...tree, entries: new Map(entries) };
}

/** Puts the rows of CSV files in the place of the entries that name them, in all sections or in some. */
function expandFiles(tree: Tree, context: FileContext, sections?: ReadonlySet<string>): Tree {
  if (tree.kind !== "map") return tree;
  const entries = [...tree.entries].map(([key, entry]) => {
    const field = Object.hasOwn(scenarioSpec.fields, key) ? scenarioSpec.fields[key as keyof Scenario] : undefined;
    const expands = field?.kind === "list" && field.rows && (sections?.has(key) ?? true);
    return [key, expands ? { ...entry, value: expandRows(entry.value, field, context) } : entry] as const;
  });
  return { kind: "map", entries: new Map(entries), at: tree.at } satisfies MapTree;
}

/** Exchange rates and the number of periods decide how the rest is read, so they are read first, on their own. */
function contextOf(tree: Tree, problems: Problem[]): CheckContext {
  const apart: CheckContext = { problems: [], usdPerUnit: {}, periods: 1 };
  const { exchangeRates, horizon } = scenarioSpec.fields;
  const rates = child(tree, "exchangeRates");
  const periods = child(child(tree, "horizon"), "periods");
  const usdPerUnit = rates === undefined ? {} : (check(exchangeRates, rates, apart) as Record<string, number>);
  const count = periods === undefined ? 1 : check(horizon.fields.periods, periods, apart);
  // A wrong number of periods is reported when the whole is checked; until then one period stands in for it.
  return { problems, usdPerUnit: usdPerUnit ?? {}, periods: typeof count === "number" ? count : 1 };
}
