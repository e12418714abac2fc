import { Worker } from "node:worker_threads";
import type { Shelf } from "../../serve/index.ts";
import type { FromShelf, ToShelf } from "./shelf-messages.ts";

const workerUrl = new URL(import.meta.url.endsWith(".ts") ? "./shelf-worker.ts" : "./shelf-worker.js", import.meta.url);

export interface SqliteShelf extends Shelf {
  /** Resolves when the file could be opened; rejects with the reason when not. */
  readonly opened: Promise<void>;
  close(): Promise<void>;
}

/** Keeps texts in one SQLite file at `path`, at most `maxBytes` of them; several processes may share it. */
export function createSqliteShelf(path: string, maxBytes: number): SqliteShelf {
  const worker = new Worker(workerUrl, { workerData: { path, maxBytes } });
  const pending = new Map<
    number,
    { readonly resolve: (value: string | boolean | null) => void; readonly reject: (error: Error) => void }
  >();
  let nextId = 0;
  let ended: Error | null = null;
  const end = (error: Error) => {
    ended ??= error;
    for (const { reject } of pending.values()) reject(error);
    pending.clear();
  };
  worker.on("message", (message: FromShelf) => {
    const waiting = pending.get(message.id);
    pending.delete(message.id);
    if (message.ok) waiting?.resolve(message.value);
    else waiting?.reject(new Error(message.message));
  });
  worker.on("error", end);
  worker.on("exit", () => end(new Error("the shelf is closed")));

  type Ask = ToShelf extends infer Message ? (Message extends ToShelf ? Omit<Message, "id"> : never) : never;
  function ask(message: Ask): Promise<string | boolean | null> {
    if (ended) return Promise.reject(ended);
    const id = nextId++;
    return new Promise((resolve, reject) => {
      pending.set(id, { resolve, reject });
      worker.postMessage({ ...message, id });
    });
  }
  const opened = ask({ kind: "get", owner: "", name: "", epochMs: 0 }).then(() => {});
  opened.catch(() => {});

  return {
    opened,
    put: async ({ owner, name, text, expiresEpochMs, behind = false }, epochMs) =>
      (await ask({ kind: "put", owner, name, text, expiresEpochMs, behind, epochMs })) === true,
    get: async (owner, name, epochMs) => (await ask({ kind: "get", owner, name, epochMs })) as string | null,
    remove: async (owner, name) => (await ask({ kind: "remove", owner, name })) === true,
    async close() {
      if (ended) return;
      const exited = new Promise((resolve) => worker.once("exit", resolve));
      await ask({ kind: "close" }).catch(() => {});
      await exited;
    },
  } satisfies SqliteShelf;
}
