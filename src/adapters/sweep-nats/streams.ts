import { createHash } from "node:crypto";
import {
  DiscardPolicy,
  jetstream,
  jetstreamManager,
  JetStreamApiError,
  RetentionPolicy,
  StorageType,
} from "@nats-io/jetstream";
import type { JetStreamClient, JetStreamManager } from "@nats-io/jetstream";
import { connect, type NatsConnection } from "@nats-io/transport-node";

export type { NatsConnection };

/** A connection to JetStream, and what is asked of it. */
export interface Broker {
  readonly connection: NatsConnection;
  readonly client: JetStreamClient;
  readonly manager: JetStreamManager;
}

/**
 * Names of one sweep. Three streams: the job in pieces, the cases as a work queue, and the outcomes. A worker finds
 * sweeps by the subject of their cases.
 */
export function namesOf(sweep: string) {
  const stem = `DISPERSE_SWEEP_${sweep}`;
  return {
    job: { stream: `${stem}_JOB`, subject: `disperse.sweep.${sweep}.job` },
    cases: { stream: `${stem}_CASES`, subject: `disperse.sweep.${sweep}.case` },
    outcomes: { stream: `${stem}_OUTCOMES`, subject: `disperse.sweep.${sweep}.outcome` },
  } as const;
}

export const anySweep = "disperse.sweep.*.case";
export const workersName = "workers";

/** @throws Error in words for the user when there is no server, or one without JetStream. */
export async function connectNats(url: string): Promise<NatsConnection> {
  try {
    return await connect({ servers: url, maxReconnectAttempts: -1, reconnectTimeWait: 1000, timeout: 5000 });
  } catch (error) {
    throw new Error(`No NATS server answers at ${url}: ${(error as Error).message}`, { cause: error });
  }
}

export async function brokerOf(connection: NatsConnection): Promise<Broker> {
  try {
    const manager = await jetstreamManager(connection);
    await manager.getAccountInfo();
    return { connection, client: jetstream(connection), manager };
  } catch (error) {
    throw new Error(
      `The NATS server offers no JetStream (${(error as Error).message}): start it with -js, or name a store in its configuration.`,
      { cause: error },
    );
  }
}

/** Streams of a sweep. Made again with the same settings nothing happens, so a coordinator may come back to its sweep. */
export async function makeStreams({ manager }: Broker, sweep: string): Promise<void> {
  const names = namesOf(sweep);
  const common = { storage: StorageType.File, discard: DiscardPolicy.Old, num_replicas: 1 };
  await manager.streams.add({ ...common, name: names.job.stream, subjects: [names.job.subject] });
  await manager.streams.add({ ...common, name: names.outcomes.stream, subjects: [names.outcomes.subject] });
  await manager.streams.add({
    ...common,
    name: names.cases.stream,
    subjects: [names.cases.subject],
    retention: RetentionPolicy.Workqueue,
  });
}

/** Takes a sweep off the server; what is not there needs no taking off. */
export async function dropStreams({ manager }: Broker, sweep: string): Promise<void> {
  for (const { stream } of Object.values(namesOf(sweep))) {
    await manager.streams.delete(stream).catch((error: unknown) => {
      if (!(error instanceof JetStreamApiError)) throw error;
    });
  }
}

/** Names a case for the server's own check for duplicates. */
export function messageId(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}
