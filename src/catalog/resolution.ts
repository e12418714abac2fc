import { problem, type ErrorCode, type ParsedScenario, type Problem } from "../scenario/index.ts";
import type { Places } from "./places.ts";

/** Steps into a scenario, for example `["sites", 3, "powerLimit"]`. */
export type ScenarioPath = readonly (string | number)[];

/** What resolving needs of a parsed scenario. */
export type LocatedScenario = Pick<ParsedScenario, "scenario" | "locate">;

/** What every part of resolving shares: the input, the gazetteer, and the problems found so far. */
export interface Resolution extends LocatedScenario {
  readonly places: Places;
  readonly periodCount: number;
  error(code: ErrorCode, path: ScenarioPath, message: string, hint: string): void;
  warn(code: ErrorCode, path: ScenarioPath, message: string, hint: string): void;
  readonly problems: readonly Problem[];
}

export function startResolution(located: LocatedScenario, places: Places): Resolution {
  const problems: Problem[] = [];
  const add =
    (severity: Problem["severity"]) =>
    (code: ErrorCode, path: ScenarioPath, message: string, hint: string): void => {
      problems.push(problem(code, located.locate(path), message, hint, severity));
    };
  return {
    scenario: located.scenario,
    locate: (path) => located.locate(path),
    places,
    periodCount: located.scenario.horizon.periods,
    problems,
    error: add("error"),
    warn: add("warning"),
  };
}
