import { existsSync, realpathSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";

/**
 * Makes this process the only one that writes the ledger at `path`: two would each chain their rows to what they believe
 * to be the last one. The lock is the operating system's, on a file beside the ledger, so a process that is killed leaves
 * none; who only reads needs none. Throws when another process holds it. Returns what lets it go.
 */
export function lockLedger(path: string): () => void {
  // Beside the file itself and not beside a link to it: whoever comes by another name must find the same lock.
  const guard = new DatabaseSync(`${existsSync(path) ? realpathSync(path) : path}.lock`);
  try {
    guard.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    guard.close();
    throw /locked|busy/i.test(String(error)) ? new Error("another process writes this ledger") : error;
  }
  return () => guard.close();
}
