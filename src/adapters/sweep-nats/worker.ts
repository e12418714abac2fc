import type { JsMsg } from "@nats-io/jetstream";
import type { SweepCase, SweepJob, SweepRunner } from "../../simulate/index.ts";
import { readJob } from "./job-pieces.ts";
import { lookEveryMs, mostFailures, pause } from "./patience.ts";
import { anySweep, brokerOf, messageId, namesOf, workersName, type Broker, type NatsConnection } from "./streams.ts";

export interface SweepWorkerOptions {
  /** Runs cases on this machine. */
  readonly local: SweepRunner;
  /** Cases taken at a time. */
  readonly batch: number;
  /** End when no sweep is waiting, instead of waiting for the next. */
  readonly once: boolean;
  readonly signal: AbortSignal;
  /** Hears of every case that has been simulated here. */
  readonly onDone?: (sweep: string, id: string) => void;
}

/**
 * Simulates cases of whatever sweeps wait on the server, until `signal` is aborted. A server that is slow to answer, or
 * away for a while, does not end a worker: nobody would take its place.
 *
 * @throws what the server said last, when it has failed to answer for half a minute or the connection is closed.
 */
export async function serveSweepCases(connection: NatsConnection, options: SweepWorkerOptions): Promise<void> {
  const broker = await brokerOf(connection);
  const jobs = new Map<string, SweepJob>();
  let failures = 0;
  while (!options.signal.aborted) {
    let hasWorked = false;
    try {
      hasWorked = await workOnAll(broker, jobs, options);
      failures = 0;
    } catch (error) {
      if (options.signal.aborted) return;
      if (connection.isClosed() || ++failures >= mostFailures) throw error;
      await pause(lookEveryMs, options.signal);
      continue;
    }
    if (hasWorked) continue;
    if (options.once) return;
    await pause(lookEveryMs, options.signal);
  }
}

/** Takes a batch of every sweep that waits; false when nothing was waiting. */
async function workOnAll(broker: Broker, jobs: Map<string, SweepJob>, options: SweepWorkerOptions): Promise<boolean> {
  let hasWorked = false;
  for await (const stream of broker.manager.streams.list(anySweep)) {
    const sweep = /^DISPERSE_SWEEP_(.+)_CASES$/.exec(stream.config.name)?.[1];
    if (sweep === undefined || options.signal.aborted) continue;
    try {
      if (await workOn(broker, sweep, jobs, options)) hasWorked = true;
    } catch (error) {
      // A sweep may end while it is looked at; then the server no longer knows its streams.
      if (!isGone(error)) throw error;
    }
  }
  return hasWorked;
}

/** Takes a batch of one sweep and simulates it; false when nothing was waiting. */
async function workOn(
  broker: Broker,
  sweep: string,
  jobs: Map<string, SweepJob>,
  { local, batch, signal, onDone }: SweepWorkerOptions,
): Promise<boolean> {
  const { cases, outcomes } = namesOf(sweep);
  const consumer = await broker.client.consumers.get(cases.stream, workersName);
  const messages = new Map<string, JsMsg>();
  const taken: SweepCase[] = [];
  for await (const message of await consumer.fetch({ max_messages: batch, expires: 1000 })) {
    const sweepCase = parseCase(message.data);
    if (sweepCase === null) message.term("it is no case of a sweep");
    else {
      messages.set(sweepCase.id, message);
      taken.push(sweepCase);
    }
  }
  if (taken.length === 0) return false;
  const job = jobs.get(sweep) ?? (await readJob(broker, sweep));
  if (job === null) {
    for (const message of messages.values()) message.nak(lookEveryMs);
    return false;
  }
  jobs.set(sweep, job);
  const { config } = await consumer.info(true);
  const alive = setInterval(
    () => {
      for (const message of messages.values()) message.working();
    },
    // In ns on the wire. Five signs of life before anybody takes us for dead.
    (config.ack_wait ?? 30e9) / 1e6 / 5,
  );
  const sent: Promise<unknown>[] = [];
  try {
    await local.run(
      job,
      taken,
      (outcome) => {
        const message = messages.get(outcome.id)!;
        messages.delete(outcome.id);
        const msgID = messageId(`${sweep}/outcome/${outcome.id}`);
        // The case counts as done when its outcome is on the server, not before.
        const kept = broker.client
          .publish(outcomes.subject, JSON.stringify(outcome), { msgID })
          .then(() => message.ackAck());
        // It is looked at when all are simulated. Until then the sweep may have ended, or its server be away.
        kept.catch(() => {});
        sent.push(kept);
        onDone?.(sweep, outcome.id);
      },
      signal,
    );
    await Promise.all(sent);
  } finally {
    clearInterval(alive);
    // What was not finished goes to somebody else at once.
    for (const message of messages.values()) message.nak();
  }
  return true;
}

function parseCase(data: Uint8Array): SweepCase | null {
  try {
    const value = JSON.parse(new TextDecoder().decode(data)) as SweepCase;
    return typeof value.id === "string" && typeof value.options === "object" ? value : null;
  } catch {
    return null;
  }
}

function isGone(error: unknown): boolean {
  return error instanceof Error && /not found|no responders|stream|consumer/i.test(error.message);
}
