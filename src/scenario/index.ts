/** What the user writes: specification as data, parse, check, overrides. */
export {
  docsAnchor,
  errorRegistry,
  errorsReference,
  type ErrorCode,
  type ErrorEntry,
  type ErrorRegistry,
} from "./error-registry.ts";
export { idPattern } from "./field.ts";
export { formatProblem } from "./format-problem.ts";
export { nearest } from "./nearest.ts";
export { foreignSeparator, readCsvRecords } from "./read-csv.ts";
export { parseScenario, type ParsedScenario, type ParseOptions, type ParseResult } from "./parse-scenario.ts";
export { orderProblems, problem, type Place, type Problem } from "./problem.ts";
export type { ReadFile } from "./rows-from-csv.ts";
export type { AreaEntry, EngineEntry, ModuleEntry, Scenario, SiteEntry, TierTerms, WorkloadEntry } from "./spec.ts";
export { scenarioJsonSchema, type JsonSchema } from "./json-schema.ts";
export { referencePages, scenarioReference } from "./reference.ts";
export { starterScenario } from "./starter.ts";
