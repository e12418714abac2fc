import { scenarioJsonSchema } from "../../scenario/index.ts";

/** `disperse schema`: for the first line of a scenario, `# yaml-language-server: $schema=./disperse.schema.json`. */
export function schema(): void {
  process.stdout.write(`${JSON.stringify(scenarioJsonSchema(), null, 2)}\n`);
}
