// The thread that owns the shelf's file, so that no request waits for a disk.
import { chmodSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { parentPort, workerData } from "node:worker_threads";
import type { FromShelf, ToShelf } from "./shelf-messages.ts";

const { path, maxBytes } = workerData as { readonly path: string; readonly maxBytes: number };
const port = parentPort!;
const database = new DatabaseSync(path);
// It holds what people said; nobody but the gateway's user has business there.
chmodSync(path, 0o600);
database.exec("PRAGMA busy_timeout = 5000");
database.exec("PRAGMA journal_mode = WAL");
// A conversation that a power cut takes back by a moment is no loss of money.
database.exec("PRAGMA synchronous = NORMAL");
database.exec("PRAGMA secure_delete = ON");
database.exec(`CREATE TABLE IF NOT EXISTS shelf (
  owner TEXT NOT NULL,
  name TEXT NOT NULL,
  text TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  expires INTEGER NOT NULL,
  PRIMARY KEY (owner, name)
) STRICT`);
database.exec("CREATE INDEX IF NOT EXISTS shelf_expires ON shelf (expires)");
const insert = database.prepare(
  "INSERT OR REPLACE INTO shelf (owner, name, text, bytes, expires) VALUES (?, ?, ?, ?, ?)",
);
const extend = database.prepare(
  "UPDATE shelf SET text = text || ?, bytes = bytes + ?, expires = ? WHERE owner = ? AND name = ? AND expires > ?",
);
const select = database.prepare("SELECT text FROM shelf WHERE owner = ? AND name = ? AND expires > ?");
const drop = database.prepare("DELETE FROM shelf WHERE owner = ? AND name = ?");
const dropExpired = database.prepare("DELETE FROM shelf WHERE expires <= ?");
const total = database.prepare("SELECT coalesce(sum(bytes), 0) AS bytes FROM shelf");
const greatest = database.prepare("SELECT owner FROM shelf GROUP BY owner ORDER BY sum(bytes) DESC, owner LIMIT 1");
const oldest = database.prepare("SELECT name, bytes FROM shelf WHERE owner = ? ORDER BY rowid LIMIT 16");

/** Sums are taken anew after so many entries: several processes may share the file. */
const countEvery = 64;
let sinceCount = countEvery;
let bytes = 0;

port.on("message", (message: ToShelf) => {
  try {
    answer({ id: message.id, ok: true, value: act(message) });
  } catch (error) {
    answer({ id: message.id, ok: false, message: error instanceof Error ? error.message : String(error) });
  }
  if (message.kind === "close") port.close();
});

function act(message: ToShelf): string | boolean | null {
  if (message.kind === "put") return put(message);
  if (message.kind === "get") {
    const row = select.get(message.owner, message.name, message.epochMs) as { text: string } | undefined;
    return row?.text ?? null;
  }
  if (message.kind === "remove") return drop.run(message.owner, message.name).changes > 0;
  database.close();
  return null;
}

function put({ owner, name, text, expiresEpochMs, behind, epochMs }: Extract<ToShelf, { kind: "put" }>): boolean {
  const own = Buffer.byteLength(text);
  const size = behind ? own : own + Buffer.byteLength(name) + Buffer.byteLength(owner);
  let taken = true;
  database.exec("BEGIN IMMEDIATE");
  try {
    if (behind) taken = extend.run(text, size, expiresEpochMs, owner, name, epochMs).changes > 0;
    else insert.run(owner, name, text, size, expiresEpochMs);
    if (taken) bytes += size;
    if (++sinceCount >= countEvery || bytes > maxBytes) makeRoom(epochMs);
    database.exec("COMMIT");
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
  return taken;
}

function makeRoom(epochMs: number): void {
  sinceCount = 0;
  dropExpired.run(epochMs);
  ({ bytes } = total.get() as { bytes: number });
  while (bytes > maxBytes) {
    const { owner } = greatest.get() as { owner: string };
    for (const row of oldest.all(owner) as { name: string; bytes: number }[]) {
      if (bytes <= maxBytes) break;
      drop.run(owner, row.name);
      bytes -= row.bytes;
    }
  }
}

function answer(message: FromShelf): void {
  port.postMessage(message);
}
