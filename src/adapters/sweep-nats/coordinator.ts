import { randomUUID } from "node:crypto";
import { AckPolicy, DeliverPolicy, type Consumer } from "@nats-io/jetstream";
import type { SweepCase, SweepJob, SweepOutcome, SweepRunner } from "../../simulate/index.ts";
import { publishJob } from "./job-pieces.ts";
import { lookEveryMs, mostFailures, pause } from "./patience.ts";
import {
  brokerOf,
  dropStreams,
  makeStreams,
  messageId,
  namesOf,
  workersName,
  type Broker,
  type NatsConnection,
} from "./streams.ts";

export interface SweepNatsOptions {
  /** A worker that says nothing for so long has died; its cases go to others. 30 s when left out. */
  readonly ackWaitMs?: number;
  /**
   * When for so long no outcome has come and no case is out with a worker, cases that are missing are handed out again,
   * ms. A server of the 2.9 line with leaf nodes can lose a delivery (it hands a message to a consumer that has gone), and
   * counts deliveries wrongly, so the list of cases and not the server's count says what is missing.
   */
  readonly reconcileMs?: number;
  /** How often a case is handed out before it counts as failed: one that kills its worker must not go round for ever. */
  readonly mostRounds?: number;
}

/** Hands the cases of a sweep to workers on any number of machines, through a JetStream work queue. */
export function createSweepNats(connection: NatsConnection, options: SweepNatsOptions = {}): SweepRunner {
  const { ackWaitMs = 30_000, reconcileMs = 2 * ackWaitMs, mostRounds = 5 } = options;

  async function run(
    job: SweepJob,
    cases: readonly SweepCase[],
    onOutcome: (outcome: SweepOutcome) => void,
    signal: AbortSignal,
  ): Promise<void> {
    if (cases.length === 0) return;
    const broker = await brokerOf(connection);
    // On the server a case is called what its options say: an earlier sweep of the same plan may have left outcomes.
    const missing = new Map(cases.map((entry) => [messageId(JSON.stringify(entry.options)), entry]));
    await makeStreams(broker, job.id);
    await publishJob(broker, job.id, job);
    await broker.manager.consumers.add(namesOf(job.id).cases.stream, {
      durable_name: workersName,
      ack_policy: AckPolicy.Explicit,
      ack_wait: ackWaitMs * 1e6,
      // The server's count of deliveries is not to be relied on (see reconcileMs), so it must never end a case.
      max_deliver: -1,
      max_ack_pending: 10_000,
    });
    // What an earlier sweep left in the queue is not asked for any more.
    await broker.manager.streams.purge(namesOf(job.id).cases.stream);
    await publishCases(broker, job.id, missing);
    await gather(broker, job.id, missing, onOutcome, signal);
    // A sweep that was stopped leaves its queue, so that a later run finds what workers have finished since.
    if (missing.size === 0) await dropStreams(broker, job.id);
  }

  /**
   * Reads outcomes until none is missing, and hands out again what got lost. A server that was away has forgotten who reads:
   * then all is read once more, and what is known already is passed over.
   */
  async function gather(
    broker: Broker,
    sweep: string,
    missing: Map<string, SweepCase>,
    onOutcome: (outcome: SweepOutcome) => void,
    signal: AbortSignal,
  ): Promise<void> {
    let consumer: Consumer | null = null;
    let quietSinceMs = performance.now();
    let round = 0;
    let failures = 0;
    const take = (data: Uint8Array): void => {
      const outcome = parseOutcome(data);
      const entry = outcome && missing.get(outcome.id);
      if (!outcome || !entry) return;
      missing.delete(outcome.id);
      onOutcome({ ...outcome, id: entry.id });
    };
    while (missing.size > 0 && !signal.aborted) {
      let isLost = false;
      let data: Uint8Array | null = null;
      try {
        consumer ??= await readerOf(broker, sweep);
        data = (await consumer.next({ expires: 1000 }))?.data ?? null;
        isLost = data === null && performance.now() - quietSinceMs >= reconcileMs && (await isQueueIdle(broker, sweep));
        if (isLost && round + 1 < mostRounds) await publishCases(broker, sweep, missing);
        failures = 0;
      } catch (error) {
        if (connection.isClosed() || ++failures >= mostFailures) throw error;
        consumer = null;
        await pause(lookEveryMs, signal);
        continue;
      }
      if (data === null && !isLost) continue;
      quietSinceMs = performance.now();
      if (data !== null) {
        take(data);
        continue;
      }
      if (++round < mostRounds) continue;
      for (const { id } of missing.values()) {
        onOutcome({ id, failure: `it was handed out ${mostRounds} times and no worker brought it to its end` });
      }
      missing.clear();
    }
  }

  return {
    run,
    async close() {
      await connection.drain();
    },
  } satisfies SweepRunner;
}

async function publishCases({ client }: Broker, sweep: string, cases: ReadonlyMap<string, SweepCase>): Promise<void> {
  // The round's own name: a case that is handed out again is meant, a publish that is repeated is not.
  const round = randomUUID();
  for (const [id, entry] of cases) {
    const wired: SweepCase = { ...entry, id };
    await client.publish(namesOf(sweep).cases.subject, JSON.stringify(wired), { msgID: messageId(`${round}/${id}`) });
  }
}

function readerOf({ client }: Broker, sweep: string): Promise<Consumer> {
  return client.consumers.get(namesOf(sweep).outcomes.stream, { deliver_policy: DeliverPolicy.All });
}

/** Whether nothing waits in the queue and nothing is out with a worker. */
async function isQueueIdle({ manager }: Broker, sweep: string): Promise<boolean> {
  const { num_pending: waiting, num_ack_pending: out } = await manager.consumers.info(
    namesOf(sweep).cases.stream,
    workersName,
  );
  return waiting === 0 && out === 0;
}

/** A message that is no outcome is nobody's: the case it stood for is handed out again. */
function parseOutcome(data: Uint8Array): SweepOutcome | null {
  try {
    const value = JSON.parse(new TextDecoder().decode(data)) as SweepOutcome;
    return typeof value.id === "string" && ("record" in value || "failure" in value) ? value : null;
  } catch {
    return null;
  }
}
