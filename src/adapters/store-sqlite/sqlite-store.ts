import { Worker } from "node:worker_threads";
import {
  ledgerColumns,
  RowGroup,
  rollUpColumns,
  type LedgerRow,
  type RollUp,
  type RollUps,
  type Store,
} from "../../serve/index.ts";
import type { FromWorker, ToWorker, WorkerStart } from "./worker-messages.ts";

const workerUrl = new URL(
  import.meta.url.endsWith(".ts") ? "./ledger-worker.ts" : "./ledger-worker.js",
  import.meta.url,
);

interface Pending {
  readonly resolve: (lines: string) => void;
  readonly reject: (error: Error) => void;
}

/**
 * A ledger in one SQLite file at `path`, written by a thread of its own so that no request ever waits for a disk.
 * `append` settles when its rows are on disk; rows are chained by hash, see `verifyLedger`.
 */
export function createSqliteStore(path: string): Store & RollUps {
  const start: WorkerStart = { path, columns: ledgerColumns, summed: rollUpColumns };
  const worker = new Worker(workerUrl, { workerData: start });
  const pending = new Map<number, Pending>();
  let nextId = 0;
  let ended: Error | null = null;

  const end = (error: Error) => {
    ended = error;
    for (const { reject } of pending.values()) reject(error);
    pending.clear();
  };
  worker.on("message", (message: FromWorker) => {
    for (const id of message.ids) {
      const waiting = pending.get(id);
      pending.delete(id);
      if (message.kind === "done") waiting?.resolve(message.lines ?? "");
      else waiting?.reject(new Error(`the ledger could not be written: ${message.message}`));
    }
  });
  worker.on("error", end);
  worker.on("exit", () => end(ended ?? new Error("the ledger is closed")));

  type Ask = ToWorker extends infer Message ? (Message extends ToWorker ? Omit<Message, "id"> : never) : never;
  /** `given`: memory that goes over to the thread instead of being copied. */
  function ask(message: Ask, given: readonly ArrayBufferLike[] = []): Promise<string> {
    if (ended) return Promise.reject(ended);
    const id = nextId++;
    return new Promise((resolve, reject) => {
      pending.set(id, { resolve, reject });
      worker.postMessage({ ...message, id }, given as ArrayBuffer[]);
    });
  }

  return {
    async append(rows) {
      if (rows.length === 0) return;
      const packed = (rows instanceof RowGroup ? rows : RowGroup.of(rows)).pack();
      const { ids, idEnds, shapeOf, numbers } = packed;
      await ask(
        { kind: "append", rows: packed },
        [ids, idEnds, shapeOf, numbers].map(({ buffer }) => buffer),
      );
    },
    async read(from, limit) {
      const lines = await ask({ kind: "read", from, limit });
      return lines === "" ? [] : lines.split("\n").map((line) => JSON.parse(line) as LedgerRow);
    },
    async rollUps() {
      const lines = await ask({ kind: "roll-ups" });
      return lines === "" ? [] : lines.split("\n").map((line) => JSON.parse(line) as RollUp);
    },
    async close() {
      if (ended) return;
      const exited = new Promise((resolve) => worker.once("exit", resolve));
      await ask({ kind: "close" }).catch(() => {});
      await exited;
    },
  } satisfies Store & RollUps;
}
