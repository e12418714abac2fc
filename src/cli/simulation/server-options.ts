import { accelerators, models } from "../../catalog/index.ts";
import { acceleratorNamed, engineNamed, formatNamed, modelNamed } from "../../perf/index.ts";
import { CommandFailure, exitCodes } from "../terminal/exit-codes.ts";

/** What a measurement does not tell of the server that was measured. */
export interface ServerOptions {
  readonly engine: string;
  readonly accelerator?: string;
  readonly tensorParallel: number;
  readonly catalogModel?: string;
  readonly precision?: string;
}

export const refuse = (message: string) => new CommandFailure(exitCodes.invalid, message);
export const knownModels = `Known: ${Object.keys(models).join(", ")}.`;

/** The chip, and that the catalogue knows all that was said. @param because why the chip has to be said. */
export function checkServer(options: ServerOptions, because: string): string {
  const { accelerator } = options;
  if (accelerator === undefined || acceleratorNamed(accelerator) === null) {
    throw refuse(
      `--accelerator must say which chip the server runs on; ${because}. Known: ${Object.keys(accelerators).join(", ")}.`,
    );
  }
  if (engineNamed(options.engine) === null) throw refuse(`--engine: "${options.engine}" is not known.`);
  if (options.precision !== undefined && formatNamed(options.precision) === null) {
    throw refuse(`--precision: "${options.precision}" is not known. Known: bf16, fp8, fp4, int8, int4.`);
  }
  if (options.catalogModel !== undefined && modelNamed(options.catalogModel) === null) {
    throw refuse(`--catalog-model: "${options.catalogModel}" is not known. ${knownModels}`);
  }
  return accelerator;
}
