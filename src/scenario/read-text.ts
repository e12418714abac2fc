import { problem, type Place, type Problem } from "./problem.ts";

/** Control characters, save tab and line ends, and U+FFFD, which a decoder leaves where bytes were not UTF-8. */
const noisePattern = /(?![\t\n\r])[\p{Cc}\uFFFD]/u;

/** Why a file could not be read, in words that complete "it cannot be read: …". */
export interface Unreadable {
  readonly why: string;
}

export function startOf(file: string): Place {
  return { file, line: 1, column: 1, endColumn: 2 };
}

/**
 * What is wrong with a file before it is parsed: missing, too large, or no text. Noise is refused here, so that no
 * parser spends its time on it.
 */
export function textProblem(
  text: string | null | Unreadable,
  file: string,
  askedAt: Place,
  maxLength: number,
): Problem | null {
  if (typeof text !== "string") {
    return problem(
      "DSP_SCENARIO_NO_FILE",
      askedAt,
      `the file ${file} cannot be read${text === null ? "" : `: ${text.why}`}`,
      "check the path; paths are relative to the folder of the scenario",
    );
  }
  if (text.length > maxLength) {
    const size = `${(text.length / 1e6).toFixed(1)} MB`;
    return problem(
      "DSP_SCENARIO_TOO_LARGE",
      startOf(file),
      `the file has ${size}; at most ${maxLength / 1e6} MB are read`,
      "keep bulk data in CSV files beside the scenario, and those to what the plan needs",
    );
  }
  const noise = noisePattern.exec(text);
  if (noise === null) return null;
  const before = text.slice(0, noise.index);
  const line = before.split("\n").length;
  const column = noise.index - before.lastIndexOf("\n");
  return problem(
    "DSP_SCENARIO_NOT_TEXT",
    { file, line, column, endColumn: column + 1 },
    "this is not UTF-8 text",
    "save the file as UTF-8 text",
  );
}
