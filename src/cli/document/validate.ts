import { readWorld, type ScenarioOptions } from "./read-world.ts";
import { worldTable } from "./world-table.ts";

/** `disperse validate`: checks a scenario and shows what its selectors and defaults came to. */
export function validate(file: string, options: ScenarioOptions & { json?: boolean }): void {
  const { world, inputHash } = readWorld(file, options);
  if (options.json) {
    process.stdout.write(`${JSON.stringify(world)}\n`);
    return;
  }
  process.stdout.write(
    `${worldTable(world)}\n\nvalid; input hash ${inputHash.slice(0, 16)}, catalogue ${world.catalogVersion}\n`,
  );
}
