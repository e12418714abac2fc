import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Text a file beside the tests holds; run with UPDATE=1 to write it anew and look at the difference. */
export function goldenText(path: string, actual: string): string {
  const file = fileURLToPath(new URL(path, import.meta.url));
  if (process.env["UPDATE"] === "1") writeFileSync(file, actual);
  return readFileSync(file, "utf8");
}
