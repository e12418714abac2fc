import type { DatabaseSync } from "node:sqlite";

/**
 * How rows are stored, written into the file's `user_version`. It is raised by whatever would have earlier versions misread a row.
 * Files without a mark are from before there was one, and in this form too.
 */
const form = 1;

/** Throws when rows may be stored in a way that this version does not know. */
export function requireKnownForm(database: DatabaseSync): void {
  const written = formOf(database);
  if (written > form)
    throw new Error(
      `it was written by a newer version of Disperse, whose rows this one cannot read (form ${written}, known is ${form})`,
    );
}

export function markForm(database: DatabaseSync): void {
  if (formOf(database) < form) database.exec(`PRAGMA user_version = ${form}`);
}

function formOf(database: DatabaseSync): number {
  return (database.prepare("PRAGMA user_version").get() as { user_version: number }).user_version;
}
