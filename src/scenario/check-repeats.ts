import type { AnyField } from "./field.ts";
import { maxCollected, problem, type Place, type Problem } from "./problem.ts";
import { scenarioSpec, type Scenario } from "./spec.ts";

type Path = readonly (string | number)[];

/** What stands twice where once is meant: ids and demand are refused, the same word in a list is only odd. */
export function checkRepeats(scenario: Scenario, locate: (path: Path) => Place): Problem[] {
  const problems: Problem[] = [];
  const report = (path: Path, message: string, hint: string, severity: Problem["severity"]): void => {
    if (problems.length < maxCollected)
      problems.push(problem("DSP_SCENARIO_DUPLICATE_ID", locate(path), message, hint, severity));
  };
  for (const { section, ids } of idsOf(scenario)) {
    for (const [index, id] of repeated(ids)) {
      const message = `the id \`${id}\` stands twice in \`${section.join(".")}\``;
      report([...section, index, "id"], message, "give every entry its own id", "error");
    }
  }
  const asked = scenario.demand.map(({ area, workload, access }) => JSON.stringify([area, workload, access]));
  for (const [index] of repeated(asked)) {
    const { area, workload, access } = scenario.demand[index]!;
    const over = access === null ? "" : ` over ${access}`;
    const message = `the demand for \`${workload}\` in \`${area}\`${over} is given twice`;
    report(["demand", index], message, "keep one of the rows, or add them up", "error");
  }
  repeatedWords(scenarioSpec, scenario, [], (path, word) =>
    report(path, `\`${word}\` stands twice in this list; it counts once`, "remove one of them", "warning"),
  );
  return problems;
}

/** Ids that must differ, by section; null where an entry stands for several. */
function idsOf(scenario: Scenario): { readonly section: Path; readonly ids: readonly (string | null)[] }[] {
  const { areas, sites, training, modules, engines, limits } = scenario;
  const inline = (entries: typeof areas | typeof sites) =>
    entries.map((entry) => (entry.form === "inline" ? entry.id : null));
  return [
    { section: ["areas"], ids: inline(areas) },
    { section: ["sites"], ids: inline(sites) },
    { section: ["training"], ids: training.map(({ id }) => id) },
    { section: ["modules"], ids: (modules ?? []).map((module) => (module.form === "use" ? module.use : module.id)) },
    { section: ["engines"], ids: engines.map(({ id }) => id) },
    { section: ["limits", "zones"], ids: limits.zones.map(({ id }) => id) },
    { section: ["limits", "shares"], ids: limits.shares.map(({ id }) => id) },
  ];
}

/** Positions of what stood before, with the word. */
function repeated(words: readonly (string | null)[]): [number, string][] {
  const seen = new Set<string>();
  return words.flatMap((word, index): [number, string][] => {
    if (word === null) return [];
    if (seen.has(word)) return [[index, word]];
    seen.add(word);
    return [];
  });
}

/** Walks a checked value along its specification and reports every word that stands twice in a list of words. */
function repeatedWords(field: AnyField, value: unknown, path: Path, report: (path: Path, word: string) => void): void {
  if (typeof value !== "object" || value === null) return;
  const inner = (of: AnyField, key: string | number): void =>
    repeatedWords(of, (value as Record<string | number, unknown>)[key], [...path, key], report);
  if (field.kind === "list") {
    const entries = value as readonly unknown[];
    if (field.of.kind === "text" || field.of.kind === "choice") {
      for (const [index, word] of repeated(entries as readonly string[])) report([...path, index], word);
    } else for (const index of entries.keys()) inner(field.of, index);
  } else if (field.kind === "map") {
    for (const key of Object.keys(value)) inner(field.of, key);
  } else if (field.kind === "object") {
    for (const [key, of] of Object.entries(field.fields)) inner(of, key);
  } else if (field.kind === "either") {
    const isWith = (value as { readonly form: string }).form === field.key;
    repeatedWords(isWith ? field.withKey : field.withoutKey, value, path, report);
  }
}
