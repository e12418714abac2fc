import { setImmediate } from "node:timers/promises";
import type { CollectedFamily } from "../../adapters/telemetry-prometheus/index.ts";
import type { Allowance, Drain, DrainChange, ToldRoute } from "../../serve/index.ts";
import type { SpentBefore } from "./worker-share.ts";

/** The variable of its environment in which a worker finds its `WorkerPlace`, as JSON. */
export const placeVariable = "DISPERSE_WORKER";

/** What a worker is told when it is started. */
export interface WorkerPlace {
  /** From 1 on. */
  readonly number: number;
  readonly of: number;
  readonly spentBefore: SpentBefore;
  /** What operators have taken out since the workers were started. */
  readonly drains: readonly Drain[];
  /** What it got from other workers, less what it gave them, before it was started again. */
  readonly moved: readonly Allowance[];
}

/** From a worker to its leader. */
export type FromWorker =
  | { readonly kind: "listening"; readonly url: string }
  | { readonly kind: "drain"; readonly id: number; readonly change: DrainChange }
  | { readonly kind: "metrics-wanted"; readonly id: number }
  | { readonly kind: "lacking"; readonly id: number; readonly lacking: Allowance }
  | { readonly kind: "gave"; readonly id: number; readonly given: Allowance }
  | { readonly kind: "route-wanted"; readonly id: number; readonly requestId: string }
  | { readonly kind: "route"; readonly id: number; readonly route: ToldRoute | null }
  | ({ readonly kind: "answer"; readonly id: string } & Piece);

/** A piece of an answer: thousands of sites have more to tell than others should have to wait for. */
export interface Piece {
  readonly families: readonly CollectedFamily[];
  readonly last: boolean;
}

/** What a worker answers when it has done it; only metrics have something to tell. */
export type Order =
  | { readonly kind: "read-metrics" }
  /** All that is drained now. */
  | { readonly kind: "go-by"; readonly drains: readonly Drain[] };

/** From the leader to a worker. */
export type ToWorker =
  | (Order & { readonly id: string })
  | ({ readonly kind: "done"; readonly id: number } & Piece)
  | { readonly kind: "give"; readonly id: number; readonly lacking: Allowance }
  | { readonly kind: "given"; readonly id: number; readonly given: Allowance }
  | { readonly kind: "tell-route"; readonly id: number; readonly requestId: string }
  | { readonly kind: "route"; readonly id: number; readonly route: ToldRoute | null };

/** Series of a metric in one message. */
const pieceSeries = 250;

/** Sends families one by one, in turns with everything else. */
export async function inPieces(families: Iterable<CollectedFamily>, send: (piece: Piece) => void): Promise<void> {
  for (const family of families) {
    send({ families: [family], last: false });
    await setImmediate();
  }
  send({ families: [], last: true });
}

export function* pieceByPiece(families: readonly CollectedFamily[]): Generator<CollectedFamily> {
  for (const { metric, type, series } of families)
    for (let from = 0; from < series.length; from += pieceSeries)
      yield { metric, type, series: series.slice(from, from + pieceSeries) };
}
