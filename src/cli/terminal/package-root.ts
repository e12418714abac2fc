import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Path of a file of the package: `src/cli` and `dist/cli` lie equally deep below its root. */
export function packageRoot(...parts: readonly string[]): string {
  return join(dirname(fileURLToPath(import.meta.url)), "..", "..", "..", ...parts);
}
