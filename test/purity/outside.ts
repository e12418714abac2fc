/** What the run needs of the world outside, taken before it is poisoned. */
import { readFileSync } from "node:fs";
import { deserialize } from "node:v8";
import type { SolveResult } from "../../src/plan/index.ts";

const { argv, stdout } = process;

/** What is to be run: the whole job, or the planted offences. */
export const part = argv[2];

/** The solver's answers, in the order they were given when the same job ran in the test's own process; from stdin. */
export const answers: readonly SolveResult[] = part === "job" ? (deserialize(readFileSync(0)) as SolveResult[]) : [];

export function report(value: unknown): void {
  stdout.write(`${JSON.stringify(value)}\n`);
}
