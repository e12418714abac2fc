import { spawn, type ChildProcess } from "node:child_process";
import { jetstreamManager } from "@nats-io/jetstream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connectNats, createSweepNats, serveSweepCases } from "../../src/adapters/sweep-nats/index.ts";
import { sweepCases, type SweepOutcome, type SweepRunner } from "../../src/simulate/index.ts";
import { deployEverywhere } from "../worlds/random-world.ts";
import { tinyWorld } from "../worlds/tiny-world.ts";
import { hasNatsServer, startNatsServer, type NatsServer } from "./nats-server.ts";
import { sweepRunnerContract } from "./sweep-runner.ts";

/** Worker processes that tests have started. */
const workers = new Set<ChildProcess>();
let server: NatsServer | undefined;

function startWorker(): ChildProcess {
  const child = spawn(process.execPath, ["src/cli/main.ts", "sweep-worker", "--nats", server!.url, "--threads", "1"], {
    stdio: "ignore",
  });
  workers.add(child);
  return child;
}

// Without a server there is nothing to talk to: `apt-get install nats-server` brings one.
describe.skipIf(!hasNatsServer)("sweeps over NATS (skipped where no nats-server is installed)", () => {
  beforeAll(async () => {
    server = await startNatsServer();
    startWorker();
    startWorker();
  }, 30_000);

  afterAll(async () => {
    const ended = [...workers].map((worker) => new Promise((resolve) => worker.once("close", resolve)));
    for (const worker of workers) worker.kill("SIGKILL");
    await Promise.race([Promise.all(ended), new Promise((resolve) => setTimeout(resolve, 2000))]);
    await server?.stop();
  });

  sweepRunnerContract("nats", async () => createSweepNats(await connectNats(server!.url)));

  it("brings every case to its end once when a worker is killed in the middle", async () => {
    const world = tinyWorld();
    const asked = sweepCases({ seeds: Array.from({ length: 8 }, (_, i) => i) }, { durationS: 5, windowS: 10 });
    const runner = createSweepNats(await connectNats(server!.url), { ackWaitMs: 3000 });
    const outcomes: SweepOutcome[] = [];
    const job = { id: `killed-${process.pid}`, world, deployment: deployEverywhere(world), traces: [] };
    await runner.run(
      job,
      asked,
      (outcome) => {
        outcomes.push(outcome);
        if (outcomes.length !== 3) return;
        const [victim] = workers;
        victim!.kill("SIGKILL");
        workers.delete(victim!);
      },
      new AbortController().signal,
    );
    await runner.close();
    expect(outcomes.map(({ id }) => id).toSorted()).toEqual(asked.map(({ id }) => id).toSorted());
    expect(outcomes.every((outcome) => "record" in outcome)).toBe(true);
  }, 120_000);

  it("goes on, with every outcome once, when the server was away in the middle", async () => {
    const world = tinyWorld();
    const asked = sweepCases({ seeds: Array.from({ length: 8 }, (_, i) => i) }, { durationS: 5, windowS: 10 });
    const runner = createSweepNats(await connectNats(server!.url), { ackWaitMs: 1000 });
    const outcomes: SweepOutcome[] = [];
    let restarted: Promise<void> | undefined;
    await runner.run(
      { id: `away-${process.pid}`, world, deployment: deployEverywhere(world), traces: [] },
      asked,
      (outcome) => {
        outcomes.push(outcome);
        restarted ??= server!.restart();
      },
      new AbortController().signal,
    );
    await restarted;
    await runner.close();
    expect(outcomes.map(({ id }) => id).toSorted()).toEqual(asked.map(({ id }) => id).toSorted());
    expect(outcomes.every((outcome) => "record" in outcome)).toBe(true);
  }, 120_000);

  it("ends no worker when it is over while one is still at work", async () => {
    const world = tinyWorld();
    const asked = sweepCases({ seeds: Array.from({ length: 40 }, (_, i) => i) }, { durationS: 5, windowS: 10 });
    const [coordinator, worker] = [await connectNats(server!.url), await connectNats(server!.url)];
    const runner = createSweepNats(coordinator, { ackWaitMs: 1000 });
    const [stop, end] = [new AbortController(), new AbortController()];
    const local: SweepRunner = {
      async run(_job, cases, onOutcome) {
        stop.abort();
        const { streams } = await jetstreamManager(worker);
        for await (const { config } of streams.list()) await streams.delete(config.name).catch(() => {});
        // Nobody takes this outcome, and others are still being simulated.
        onOutcome({ id: cases[0]!.id, failure: "of no use to anybody" });
        await new Promise((resolve) => setTimeout(resolve, 500));
        end.abort();
      },
      close: async () => {},
    };
    const work = serveSweepCases(worker, { local, batch: 1, once: false, signal: end.signal });
    const job = { id: `over-${process.pid}`, world, deployment: deployEverywhere(world), traces: [] };
    await runner.run(job, asked, () => {}, stop.signal).catch(() => {});
    await expect(work).resolves.toBeUndefined();
    await runner.close();
    await worker.close();
  }, 60_000);

  it("says so when nobody answers", async () => {
    await expect(connectNats("nats://127.0.0.1:9")).rejects.toThrow(
      /No NATS server answers at nats:\/\/127\.0\.0\.1:9/,
    );
  });
});
