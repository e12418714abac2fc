import { availableParallelism } from "node:os";
import { serveSweepCases } from "../../adapters/sweep-nats/index.ts";
import { CommandFailure, exitCodes } from "../terminal/exit-codes.ts";
import { onInterrupt } from "../terminal/interrupts.ts";
import { localRunner, natsOrFail } from "./sweep.ts";

export interface SweepWorkerFlags {
  readonly nats: string;
  readonly threads?: number;
  readonly once?: boolean;
}

/** `disperse sweep-worker`: takes cases from a NATS server until Ctrl-C; what is in progress then goes to others. */
export async function sweepWorker({ nats, threads, once = false }: SweepWorkerFlags): Promise<void> {
  const connection = await natsOrFail(nats);
  const abort = new AbortController();
  const forget = onInterrupt(() => abort.abort());
  const local = localRunner(threads);
  let done = 0;
  process.stderr.write(`waiting for sweeps at ${nats}; Ctrl-C ends it\n`);
  try {
    await serveSweepCases(connection, {
      local,
      // Enough that threads seldom wait for the network, few enough that the last cases are shared among machines.
      batch: 2 * (threads ?? availableParallelism()),
      once,
      signal: abort.signal,
      onDone: () => done++,
    });
  } catch (error) {
    throw new CommandFailure(exitCodes.invalid, `The worker cannot go on: ${(error as Error).message}`);
  } finally {
    forget();
    await local.close();
    await connection.close();
  }
  process.stderr.write(`${done} cases simulated here\n`);
}
