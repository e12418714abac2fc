// The thread that owns the ledger's file. Rows that arrive while a commit is being written go into the next one
// together, so that the number of commits adapts to the disk and not to the number of requests.
import { statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { parentPort, workerData } from "node:worker_threads";
import { LedgerFile } from "./ledger-file.ts";
import { markForm, requireKnownForm } from "./ledger-form.ts";
import { lockLedger } from "./ledger-lock.ts";
import { RowTexts } from "./row-text.ts";
import { stepBack } from "./step-back.ts";
import { SummedRows } from "./summed-rows.ts";
import type { PackedRows } from "../../serve/index.ts";
import type { FromWorker, ToWorker, WorkerStart } from "./worker-messages.ts";

type Append = Extract<ToWorker, { kind: "append" }>;

const { path, columns, summed } = workerData as WorkerStart;
const port = parentPort!;
stepBack();
const unlock = lockLedger(path);
const database = new DatabaseSync(path);
requireKnownForm(database);
const opened = statSync(path);
database.exec("PRAGMA journal_mode = WAL");
// A commit returns only when it is on disk: a row that was acknowledged survives a power cut.
database.exec("PRAGMA synchronous = FULL");
const ledger = new LedgerFile(database, columns);
markForm(database);
const texts = new RowTexts(columns, summed);
const sums = new SummedRows(database, summed);
sums.catchUp(ledger.next, (from, limit) =>
  ledger.read(from, limit).map((row) => JSON.parse(row) as Record<string, unknown>),
);
let waiting: Append[] = [];

port.on("message", (message: ToWorker) => {
  if (message.kind === "append") {
    waiting.push(message);
    // Messages already on their way are taken in first.
    if (waiting.length === 1) setImmediate(commit);
    return;
  }
  commit();
  if (message.kind === "read") {
    answer({ kind: "done", ids: [message.id], lines: ledger.read(message.from, message.limit).join("\n") });
    return;
  }
  if (message.kind === "roll-ups") {
    const lines = sums.read().map((rollUp) => JSON.stringify(rollUp));
    answer({ kind: "done", ids: [message.id], lines: lines.join("\n") });
    return;
  }
  database.close();
  unlock();
  answer({ kind: "done", ids: [message.id] });
  port.close();
});

function commit(): void {
  if (waiting.length === 0) return;
  const batch = waiting;
  waiting = [];
  const ids = batch.map(({ id }) => id);
  const { end } = ledger;
  try {
    requireInPlace();
    // Rows are handed over again when an earlier commit failed; an attempt is written once all the same. That is rare,
    // so all rows are taken for new until one proves not to be.
    if (!write(batch, false)) {
      rollBack(end);
      write(batch, true);
    }
    answer({ kind: "done", ids });
  } catch (error) {
    rollBack(end);
    answer({ kind: "failed", ids, message: error instanceof Error ? error.message : String(error) });
  }
  for (const { rows } of batch) release(rows);
}

/** Writes a batch and its sums in one transaction; false when rows taken for new were there already. */
function write(batch: readonly Append[], again: boolean): boolean {
  database.exec("BEGIN IMMEDIATE");
  const added = new Map<string, number[]>();
  for (const { rows } of batch) {
    for (const unpacked of texts.unpack(rows)) {
      if (!again && !ledger.write(unpacked)) return false;
      for (const row of again ? ledger.writeNew(unpacked) : unpacked.rows) texts.sum(row, rows.numbers, added);
    }
  }
  sums.add(added, ledger.next);
  database.exec("COMMIT");
  return true;
}

/** SQLite goes on writing beside a file that was moved, where nobody will find the rows, and into one that was removed. */
function requireInPlace(): void {
  const now = statSync(path, { throwIfNoEntry: false });
  if (now?.ino !== opened.ino || now.dev !== opened.dev)
    throw new Error("its file was moved, removed or exchanged; it goes on once that is back in its place");
}

function rollBack(end: typeof ledger.end): void {
  ledger.end = end;
  texts.forget();
  if (database.isTransaction) database.exec("ROLLBACK");
}

/** Rows come twenty times a second, in memory of their own that would wait long for this thread's collector. */
function release({ ids, idEnds, shapeOf, numbers }: PackedRows): void {
  for (const { buffer } of [ids, idEnds, shapeOf, numbers]) (buffer as ArrayBuffer).transfer(0);
}

function answer(message: FromWorker): void {
  port.postMessage(message);
}
