import { existsSync } from "node:fs";
import { join } from "node:path";

/** A file that others have published, in the folder that `DISPERSE_DATA` names (see CONTRIBUTING); null where it is not there. */
export function publishedFile(path: string): string | null {
  const folder = process.env["DISPERSE_DATA"] ?? "";
  const file = join(folder, path);
  return folder !== "" && existsSync(file) ? file : null;
}
