import cluster, { type Worker } from "node:cluster";
import { existsSync } from "node:fs";
import type { CollectedFamily } from "../../adapters/telemetry-prometheus/index.ts";
import { Drains } from "../../serve/index.ts";
import { exitCodes } from "../terminal/exit-codes.ts";
import { rollUpsAt, workerLedger } from "./open-ledger.ts";
import type { HangUps } from "../terminal/hang-ups.ts";
import { untilStopped } from "../terminal/interrupts.ts";
import {
  inPieces,
  pieceByPiece,
  placeVariable,
  type FromWorker,
  type Order,
  type Piece,
  type ToWorker,
  type WorkerPlace,
} from "./worker-messages.ts";
import { WorkerAllowances } from "./worker-allowances.ts";
import { WorkerReadings } from "./worker-readings.ts";
import { WorkerRoutes } from "./worker-routes.ts";
import { spentByAccount } from "./worker-share.ts";

/** Space for young objects, MiB: what a request leaves behind is gone before it counts as old, which halves collecting. */
const youngMB = 64;
/** A worker that ended by itself is started again after this, ms; doubled with every start that fails, up to the longest. */
const restartMs = 1_000;
const longestRestartMs = 30_000;
/** A worker that says nothing for this time is left out rather than waited for, ms. */
const answerLimitMs = 1_000;
/** Runs `count` workers that share one address until Ctrl-C; each runs the same command line. */
export async function leadWorkers(
  count: number,
  ledger: string | null,
  on: {
    readonly listening: (url: string) => void;
    readonly say: (line: string) => void;
    readonly hangUps: HangUps;
  },
): Promise<void> {
  const byWorker: Record<string, number>[] = [];
  for (let number = 1; number <= count; number++) byWorker.push(await spentIn(ledger, number));
  const byAll: Record<string, number> = {};
  for (const spent of byWorker)
    for (const [id, nanoUsd] of Object.entries(spent)) byAll[id] = (byAll[id] ?? 0) + nanoUsd;

  // Readings may be NaN, which JSON has no word for.
  cluster.setupPrimary({
    serialization: "advanced",
    execArgv: [...process.execArgv, `--max-semi-space-size=${youngMB}`],
  });
  const workers = new Map<number, Worker>();
  let asks = 0;
  const asked = new Map<string, (piece: Piece) => void>();
  // Whichever worker operators speak to: what they do is put in order here, and all go by it, also those started later.
  const drains = new Drains();
  let stopping = false;
  const listening = new Set<number>();
  /** Started before the last SIGHUP and not listening yet: what they have read may be old, and a signal could end them. */
  const behind = new Set<number>();
  const restarts = new Set<NodeJS.Timeout>();
  /** All have listened once: what was asked for can be run, and from then on nothing ends it but being told to. */
  let isUp = false;
  const readings = new WorkerReadings();
  const allowances = new WorkerAllowances((number, id, lacking) => {
    const worker = workers.get(number);
    if (worker) tell(worker, { kind: "give", id, lacking });
  });
  const routes = new WorkerRoutes((number, id, requestId) => {
    const worker = workers.get(number);
    if (worker) tell(worker, { kind: "tell-route", id, requestId });
  });
  let failed: number | null = null;
  let fail: () => void = () => {};
  const failure = new Promise<void>((resolve) => (fail = resolve));

  const othersThan = (number: number) => [...listening].filter((other) => other !== number);

  const start = (number: number, pauseMs = restartMs) => {
    const place: WorkerPlace = {
      number,
      of: count,
      spentBefore: { byAll, byThis: byWorker[number - 1]! },
      drains: drains.all,
      moved: allowances.movedTo(number),
    };
    const worker = cluster.fork({ [placeVariable]: JSON.stringify(place) });
    workers.set(number, worker);
    let came = false;
    worker.on("message", (message: FromWorker) => {
      if (message.kind === "listening") {
        came = true;
        listening.add(number);
        if (behind.delete(number)) worker.process.kill("SIGHUP");
        if (isUp || listening.size < count) return;
        isUp = true;
        on.listening(message.url);
      } else if (message.kind === "answer") asked.get(message.id)?.(message);
      else if (message.kind === "gave") allowances.gave(number, message.id, message.given);
      else if (message.kind === "route") routes.told(number, message.id, message.route);
      else if (message.kind === "route-wanted") {
        void routes
          .seek(message.requestId, othersThan(number))
          .then((route) => tell(worker, { kind: "route", id: message.id, route }));
      } else if (message.kind === "lacking") {
        void allowances
          .seek(number, message.lacking, othersThan(number))
          .then((given) => tell(worker, { kind: "given", id: message.id, given }));
      } else {
        if (message.kind === "drain") drains.apply(message.change);
        const order: Order =
          message.kind === "drain" ? { kind: "go-by", drains: drains.all } : { kind: "read-metrics" };
        void askAll(order).then((families) =>
          inPieces(pieceByPiece(families), (piece) => tell(worker, { kind: "done", id: message.id, ...piece })),
        );
      }
    });
    worker.on("exit", (code, signal) => {
      workers.delete(number);
      listening.delete(number);
      behind.delete(number);
      readings.ended(number);
      allowances.ended(number);
      routes.ended(number);
      if (stopping) return;
      if (came) {
        on.say(`worker ${number} ended unexpectedly and is started again`);
        restart(number, restartMs, restartMs);
      } else if (isUp) {
        // Its files may be broken just now, and the others go on with the last good ones.
        on.say(`worker ${number} could not start and is tried again in ${Math.ceil(pauseMs / 1_000)} s`);
        restart(number, pauseMs, Math.min(longestRestartMs, pauseMs * 2));
      } else {
        // It has told why on standard error, unless it could not; the others would say the same.
        if (signal) on.say(`worker ${number} was ended by ${signal} before it could start`);
        failed = code || exitCodes.internal;
        fail();
      }
    });
  };

  /** `nextMs`: how long it is left alone should it fail to start. */
  function restart(number: number, afterMs: number, nextMs: number): void {
    const timer = setTimeout(() => {
      restarts.delete(timer);
      start(number, nextMs);
    }, afterMs);
    restarts.add(timer);
  }

  async function askAll(order: Order): Promise<CollectedFamily[]> {
    const silent = new Set<number>();
    const answers = [...workers].map(
      ([number, worker]) =>
        new Promise<void>((resolve) => {
          const name = String(++asks);
          const families: CollectedFamily[] = [];
          const done = () => {
            clearTimeout(limit);
            asked.delete(name);
            resolve();
          };
          const limit = setTimeout(() => {
            silent.add(number);
            done();
          }, answerLimitMs);
          asked.set(name, (piece) => {
            limit.refresh();
            families.push(...piece.families);
            if (!piece.last) return;
            // Half an answer would look as if what it counts had fallen; one that comes after the end of who sent it is
            // counted already.
            if (order.kind === "read-metrics" && workers.get(number) === worker) readings.told(number, families);
            done();
          });
          tell(worker, { ...order, id: name });
        }),
    );
    await Promise.all(answers);
    return order.kind === "read-metrics" ? readings.merged(silent) : [];
  }

  for (let number = 1; number <= count; number++) start(number);
  on.hangUps.follow(() => {
    for (const [number, worker] of workers) {
      if (listening.has(number)) worker.process.kill("SIGHUP");
      else behind.add(number);
    }
  });
  await Promise.race([untilStopped(), failure]);
  stopping = true;
  if (failed === null) on.say("stopping: finishing running requests …");
  // Whoever waits to be started again, for half a minute perhaps, must not keep this process.
  for (const timer of restarts) clearTimeout(timer);
  on.hangUps.ignore();
  const ended = [...workers.values()].map((worker) => new Promise((resolve) => worker.on("exit", resolve)));
  const tellAll = () => {
    for (const worker of workers.values()) worker.process.kill("SIGTERM");
  };
  tellAll();
  // Who ends this process before they have finished wants them to end as well.
  process.once("exit", tellAll);
  await Promise.all(ended);
  process.off("exit", tellAll);
  if (failed !== null) process.exitCode = failed;
}

/** What was charged in a worker's ledger before; nothing when it has none yet. */
async function spentIn(ledger: string | null, number: number): Promise<Record<string, number>> {
  if (ledger === null) return {};
  const place = workerLedger(ledger, number);
  if (!place.includes("://") && !existsSync(place)) return {};
  return spentByAccount(await rollUpsAt(place));
}

function tell(worker: Worker, message: ToWorker): void {
  if (worker.isConnected()) worker.send(message, () => {});
}
