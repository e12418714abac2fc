import { hash } from "node:crypto";
import { Socket } from "node:net";
import pg from "pg";
import { rollUp, type LedgerRow, type RollUp, type RollUps, type Store } from "../../serve/index.ts";
import { addRollUp, insertRows, rollUpOf, schema, sums } from "./schema.ts";

export interface PostgresStoreOptions {
  /** `postgres://user:password@host/database`. */
  readonly url: string;
  /** Name of this gateway's chain; no two processes may write the same at a time. */
  readonly chain?: string;
  /** Longest wait for an answer of the server, which is then taken to be away. */
  readonly answerTimeoutMs?: number;
}

interface Waiting {
  readonly rows: readonly LedgerRow[];
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

interface Session {
  readonly client: pg.Client;
  readonly socket: Socket;
}

interface Head {
  readonly next: number;
  readonly hash: string;
}

const chainStart = "0".repeat(64);
const connectTimeoutMs = 5_000;
/** A commit takes milliseconds. */
const usualAnswerMs = 10_000;
/** Longest wait for the server to close a session, ms. */
const partingMs = 1_000;
/**
 * A server that lost its client without a word must notice, for as long as it does not the chain is locked: it asks after 10
 * silent seconds, three times, and waits no longer for what it has sent.
 */
const shortLived =
  "SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3; SET tcp_user_timeout = 25000";

/**
 * A ledger in PostgreSQL. Rows that arrive while a commit is under way go into the next one together. `append` settles
 * when its rows are committed; rows are chained by hash exactly as in the embedded ledger.
 */
export function createPostgresStore({
  url,
  chain = "default",
  answerTimeoutMs = usualAnswerMs,
}: PostgresStoreOptions): Store & RollUps {
  let current: Session | null = null;
  let session: Promise<pg.Client> | null = null;
  let head: Head | null = null;
  let waiting: Waiting[] = [];
  let writing: Promise<void> | null = null;
  let closed = false;

  async function open(): Promise<pg.Client> {
    const socket = new Socket();
    const client = new pg.Client({
      stream: () => socket,
      connectionString: url,
      connectionTimeoutMillis: connectTimeoutMs,
      query_timeout: answerTimeoutMs,
    });
    current = { client, socket };
    // A session that broke is opened anew with the next rows; what it had not committed is handed over again.
    client.on("error", () => {
      if (current?.client === client) forget();
    });
    await client.connect();
    try {
      await client.query(shortLived);
      await client.query(schema);
      // Two writers would fork the chain. The lock goes with the session, so a process that is killed leaves none.
      const { rows } = await client.query("SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS mine", [
        `disperse ledger ${chain}`,
      ]);
      if (!rows[0].mine) throw new Error(`another process writes the chain "${chain}" of this ledger`);
    } catch (error) {
      await part({ client, socket });
      throw error;
    }
    return client;
  }

  /** Ends a session, whose server may be away; nothing waits for it for long. */
  async function part({ client, socket }: Session): Promise<void> {
    const timer = setTimeout(() => socket.destroy(), partingMs);
    await client.end().catch(() => {});
    clearTimeout(timer);
  }

  function forget(): void {
    current = null;
    session = null;
    head = null;
  }

  function connected(): Promise<pg.Client> {
    if (closed) return Promise.reject(new Error("the ledger is closed"));
    session ??= open().catch((error: unknown) => {
      forget();
      throw error;
    });
    return session;
  }

  async function readHead(client: pg.Client): Promise<Head> {
    const { rows } = await client.query(
      "SELECT position, hash FROM disperse_ledger WHERE chain = $1 ORDER BY position DESC LIMIT 1",
      [chain],
    );
    return rows[0] ? { next: Number(rows[0].position) + 1, hash: rows[0].hash } : { next: 0, hash: chainStart };
  }

  async function commit(rows: readonly LedgerRow[]): Promise<void> {
    const client = await connected();
    const start = (head ??= await readHead(client));
    // Rows are handed over again when an earlier commit failed; an attempt is written once all the same.
    const named = new Map(rows.map((row) => [`${row.requestId} ${row.attempt}`, row]));
    const known = await client.query("SELECT attempt FROM disperse_ledger WHERE chain = $1 AND attempt = ANY($2)", [
      chain,
      [...named.keys()],
    ]);
    for (const { attempt } of known.rows) named.delete(attempt);
    if (named.size === 0) return;
    const columns = { positions: [] as number[], texts: [] as string[], hashes: [] as string[] };
    let link = start.hash;
    let next = start.next;
    for (const row of named.values()) {
      const text = JSON.stringify(row);
      link = hash("sha256", `${link}\n${text}`);
      columns.positions.push(next++);
      columns.texts.push(text);
      columns.hashes.push(link);
    }
    try {
      await client.query("BEGIN");
      await client.query(insertRows, [chain, columns.positions, columns.texts, columns.hashes, [...named.keys()]]);
      for (const [name, entry] of rollUp(named.values())) {
        const values = sums.map((column) => entry[column as keyof RollUp]);
        await client.query(addRollUp, [chain, name, entry.hourEpochMs, ...values]);
      }
      await client.query("COMMIT");
      head = { next, hash: link };
    } catch (error) {
      // Whether a commit that broke off took place is seen when the head is read again.
      head = null;
      if (isAnswer(error)) await client.query("ROLLBACK").catch(() => {});
      throw error;
    }
  }

  /** What was asked in vain: a session whose server has stopped to answer is good for nothing any more. */
  async function leaveSilent(error: unknown): Promise<void> {
    const silent = current;
    if (isAnswer(error) || silent === null) return;
    forget();
    await part(silent);
  }

  async function write(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      try {
        await commit(batch.flatMap(({ rows }) => [...rows]));
        for (const { resolve } of batch) resolve();
      } catch (error) {
        await leaveSilent(error);
        const why = error instanceof Error ? error.message : String(error);
        for (const { reject } of batch) reject(new Error(`the ledger could not be written: ${why}`));
      }
    }
    writing = null;
  }

  return {
    append(added) {
      if (added.length === 0) return Promise.resolve();
      return new Promise((resolve, reject) => {
        waiting.push({ rows: [...added], resolve, reject });
        writing ??= write();
      });
    },
    async read(from, limit) {
      const client = await connected();
      const { rows } = await client.query(
        "SELECT row FROM disperse_ledger WHERE chain = $1 AND position >= $2 ORDER BY position LIMIT $3",
        [chain, from, limit],
      );
      return rows.map(({ row }) => JSON.parse(row) as LedgerRow);
    },
    async rollUps() {
      const client = await connected();
      const { rows } = await client.query("SELECT * FROM disperse_roll_up WHERE chain = $1 ORDER BY hour, name", [
        chain,
      ]);
      return rows.map(rollUpOf);
    },
    async close() {
      if (closed) return;
      await writing;
      closed = true;
      await session?.catch(() => {});
      if (current) await part(current);
    },
  } satisfies Store & RollUps;
}

/** Whether an error is the server's word, so that it goes on listening. */
function isAnswer(error: unknown): boolean {
  return error instanceof pg.DatabaseError;
}
