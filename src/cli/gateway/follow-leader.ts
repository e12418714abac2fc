import cluster from "node:cluster";
import type { CollectedFamily } from "../../adapters/telemetry-prometheus/index.ts";
import { noAllowance, type Allowance, type Drain, type DrainChange, type ToldRoute } from "../../serve/index.ts";
import {
  inPieces,
  placeVariable,
  type FromWorker,
  type Piece,
  type ToWorker,
  type WorkerPlace,
} from "./worker-messages.ts";

/** This process' place among workers; null when it runs alone or leads them. */
export function workerPlace(env: NodeJS.ProcessEnv): WorkerPlace | null {
  const text = env[placeVariable];
  return text === undefined || !cluster.isWorker ? null : (JSON.parse(text) as WorkerPlace);
}

/** A worker's line to its leader. */
export function followLeader(on: {
  readonly collect: () => Iterable<CollectedFamily>;
  readonly drained: (drains: readonly Drain[]) => void;
  /** Another worker lacks this: what it may have of what there is here. */
  readonly give: (lacking: Allowance) => Allowance;
  readonly routeOf: (requestId: string) => ToldRoute | null;
}) {
  const tracing = new Map<number, (route: ToldRoute | null) => void>();
  const seeking = new Map<number, (given: Allowance) => void>();
  const waiting = new Map<number, (piece: Piece) => void>();
  let next = 0;
  const send = (message: FromWorker) => {
    if (process.connected) process.send!(message);
  };
  /** What whoever waits for the leader's answer is told when none will come. */
  const unanswered = new Map<number, () => void>();
  let isStopping = false;
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => (isStopping = true));
  // Without the leader nobody lets new requests in. Node would end this process at once, with requests under way.
  cluster.worker!.once("disconnect", () => {
    cluster.worker!.exitedAfterDisconnect = true;
    for (const giveUp of unanswered.values()) giveUp();
    // Told once more, a process that is stopping would take it for impatience.
    if (!isStopping) process.kill(process.pid, "SIGTERM");
  });
  process.on("message", (message: ToWorker) => {
    if (message.kind === "done") return waiting.get(message.id)?.(message);
    if (message.kind === "give") return send({ kind: "gave", id: message.id, given: on.give(message.lacking) });
    if (message.kind === "tell-route")
      return send({ kind: "route", id: message.id, route: on.routeOf(message.requestId) });
    if (message.kind === "route") {
      const told = tracing.get(message.id);
      tracing.delete(message.id);
      unanswered.delete(message.id);
      return told?.(message.route);
    }
    if (message.kind === "given") {
      const taken = seeking.get(message.id);
      seeking.delete(message.id);
      unanswered.delete(message.id);
      return taken?.(message.given);
    }
    const { id } = message;
    if (message.kind === "go-by") on.drained(message.drains);
    const told = message.kind === "go-by" ? [] : on.collect();
    void inPieces(told, (piece) => send({ kind: "answer", id, ...piece }));
  });
  const ask = (message: (id: number) => FromWorker) =>
    new Promise<readonly CollectedFamily[]>((resolve) => {
      if (!process.connected) return resolve([]);
      const id = next++;
      const families: CollectedFamily[] = [];
      waiting.set(id, (piece) => {
        families.push(...piece.families);
        if (!piece.last) return;
        waiting.delete(id);
        unanswered.delete(id);
        resolve(families);
      });
      unanswered.set(id, () => resolve(families));
      send(message(id));
    });
  return {
    listening: (url: string) => send({ kind: "listening", url }),
    /** Settles when all workers go by what an operator did here. */
    tellDrain: (change: DrainChange) => ask((id) => ({ kind: "drain", id, change })).then(() => {}),
    /** What the other workers let this one have; nothing once the leader is gone. */
    seekAllowance: (lacking: Allowance) =>
      new Promise<Allowance>((resolve) => {
        if (!process.connected) return resolve(noAllowance(lacking.account));
        const id = next++;
        seeking.set(id, resolve);
        unanswered.set(id, () => resolve(noAllowance(lacking.account)));
        send({ kind: "lacking", id, lacking });
      }),
    /** The route of a request that another worker took; null when none knows it, or the leader is gone. */
    routeElsewhere: (requestId: string) =>
      new Promise<ToldRoute | null>((resolve) => {
        if (!process.connected) return resolve(null);
        const id = next++;
        tracing.set(id, resolve);
        unanswered.set(id, () => resolve(null));
        send({ kind: "route-wanted", id, requestId });
      }),
    /** The metrics of all workers together. */
    allMetrics: () => ask((id) => ({ kind: "metrics-wanted", id })),
  };
}
