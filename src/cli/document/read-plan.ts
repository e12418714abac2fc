import type { PlanDocument } from "../../plan/index.ts";
import { CommandFailure, exitCodes } from "../terminal/exit-codes.ts";
import { planFault } from "./plan-fault.ts";
import { staleness } from "./plan-origin.ts";
import { readText as readAny } from "../terminal/read-text.ts";

const remedy = "Make a plan with: disperse plan scenario.yaml --out plan.json";

/** Reads a plan document; ends the command with code 3 when the file is none or holds no plan. */
export function readPlan(path: string): PlanDocument {
  const document = readPlanJson(path);
  const fault = planFault(document);
  if (fault !== null) throw new CommandFailure(exitCodes.invalid, `${path} cannot be used: ${fault}. ${remedy}`);
  const plan = document as PlanDocument;
  if (plan.status === "infeasible") {
    throw new CommandFailure(exitCodes.infeasible, `${path} says that no plan exists, so there is nothing to run.`);
  }
  for (const change of staleness(path, plan)) process.stderr.write(`warning: ${path}: ${change}.\n`);
  return plan;
}

/** Whatever keeps a plan from being read, a new one is the way out. */
function readPlanJson(path: string): unknown {
  try {
    return readJson(path);
  } catch (error) {
    if (!(error instanceof CommandFailure) || error.message.includes("disperse plan")) throw error;
    throw new CommandFailure(error.exitCode, `${error.message} ${remedy}`);
  }
}

/** Parses a JSON file the user named. */
export function readJson(path: string): unknown {
  const text = readText(path);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CommandFailure(exitCodes.invalid, `${path} is not valid JSON: ${jsonFault(text, error as Error)}`);
  }
}

/** What is wrong with a text that should be JSON, in words where a usual mistake explains it. */
function jsonFault(text: string, { message }: Error): string {
  if (text.trim() === "") return "it is empty.";
  if (text.charCodeAt(0) === 0x1f) return "it is compressed. Unpack it first, for example with gunzip.";
  if (/^(#|apiVersion:)/m.test(text.slice(0, 4096)))
    return "it looks like a scenario. A plan is made of one with: disperse plan scenario.yaml --out plan.json";
  if (/^\s*[{[]/.test(text) && !/[}\]]\s*$/.test(text))
    return `it ends in the middle; the file may have been cut off (${message}).`;
  return `${message}.`;
}

/** Most that is read of a document; a string of the language cannot be much longer. */
const maxDocumentBytes = 480 * 2 ** 20;

/** Reads a text file the user named (`-` is standard input), without the byte order mark some editors put in front. */
export function readText(path: string): string {
  const text = readAny(path, maxDocumentBytes);
  if (typeof text !== "string") throw new CommandFailure(exitCodes.invalid, `${path} cannot be read: ${text.why}.`);
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}
