// The thread that owns the ledger's file. Rows that arrive while a commit is being written go into the next one
// together, so that the number of commits adapts to the disk and not to the number of requests.
import { DatabaseSync } from "node:sqlite";
import { parentPort, workerData } from "node:worker_threads";
import { chainHash, chainStart } from "./chain.ts";
import { SummedRows, type SummedColumns } from "./summed-rows.ts";
import type { FromWorker, ToWorker } from "./worker-messages.ts";

const { path, columns } = workerData as { readonly path: string; readonly columns: SummedColumns };
const port = parentPort!;
const database = new DatabaseSync(path);
database.exec("PRAGMA journal_mode = WAL");
// A commit returns only when it is on disk: a row that was acknowledged survives a power cut.
database.exec("PRAGMA synchronous = FULL");
database.exec(`CREATE TABLE IF NOT EXISTS ledger (
  position INTEGER PRIMARY KEY,
  row TEXT NOT NULL,
  hash TEXT NOT NULL,
  attempt TEXT NOT NULL UNIQUE
) STRICT`);
const insert = database.prepare(
  "INSERT INTO ledger (position, row, hash, attempt) VALUES (?, ?, ?, ?) ON CONFLICT (attempt) DO NOTHING",
);
const select = database.prepare("SELECT row FROM ledger WHERE position >= ? ORDER BY position LIMIT ?");
const last = database.prepare("SELECT position, hash FROM ledger ORDER BY position DESC LIMIT 1").get() as
  | { position: number; hash: string }
  | undefined;
let next = last ? last.position + 1 : 0;
let hash = last?.hash ?? chainStart;
const sums = new SummedRows(database, columns);
const parsed = (row: string) => JSON.parse(row) as Record<string, unknown>;
sums.catchUp(next, (from, limit) => (select.all(from, limit) as { row: string }[]).map(({ row }) => parsed(row)));
let waiting: Extract<ToWorker, { kind: "append" }>[] = [];

port.on("message", (message: ToWorker) => {
  if (message.kind === "append") {
    waiting.push(message);
    // Messages already on their way are taken in first.
    if (waiting.length === 1) setImmediate(commit);
    return;
  }
  commit();
  if (message.kind === "read") {
    const rows = select.all(message.from, message.limit) as { row: string }[];
    answer({ kind: "done", ids: [message.id], lines: rows.map(({ row }) => row).join("\n") });
    return;
  }
  if (message.kind === "roll-ups") {
    const lines = sums.read().map((rollUp) => JSON.stringify(rollUp));
    answer({ kind: "done", ids: [message.id], lines: lines.join("\n") });
    return;
  }
  database.close();
  answer({ kind: "done", ids: [message.id] });
  port.close();
});

function commit(): void {
  if (waiting.length === 0) return;
  const batch = waiting;
  waiting = [];
  const ids = batch.map(({ id }) => id);
  const before = { next, hash };
  try {
    database.exec("BEGIN IMMEDIATE");
    const written: Record<string, unknown>[] = [];
    for (const { lines } of batch) for (const row of lines.split("\n")) if (row !== "") write(row, written);
    sums.add(written, next);
    database.exec("COMMIT");
    answer({ kind: "done", ids });
  } catch (error) {
    ({ next, hash } = before);
    if (database.isTransaction) database.exec("ROLLBACK");
    answer({ kind: "failed", ids, message: error instanceof Error ? error.message : String(error) });
  }
}

function write(row: string, written: Record<string, unknown>[]): void {
  const fields = parsed(row);
  const link = chainHash(hash, row);
  // Rows are handed over again when an earlier commit failed; an attempt is written once all the same.
  const { changes } = insert.run(next, row, link, `${String(fields["requestId"])} ${String(fields["attempt"])}`);
  if (changes === 0) return;
  next++;
  hash = link;
  written.push(fields);
}

function answer(message: FromWorker): void {
  port.postMessage(message);
}
