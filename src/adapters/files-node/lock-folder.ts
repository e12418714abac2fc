import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { makeFolder } from "./make-folder.ts";

/**
 * Makes this process the only one that keeps files in `folder`: two would each run the batches that lie there, and neither
 * would know what the other takes in. The lock is the operating system's, on a file of its own in the folder, so a process
 * that is killed leaves none. Throws when another process holds it. Returns what lets it go.
 */
export function lockFolder(folder: string): () => void {
  makeFolder(folder, 0o700);
  let guard: DatabaseSync | null = null;
  try {
    guard = new DatabaseSync(join(folder, "lock"));
    guard.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    guard?.close();
    const { message } = error as Error;
    throw new Error(/locked|busy/i.test(message) ? "another gateway keeps its files there" : message, { cause: error });
  }
  return () => guard.close();
}
