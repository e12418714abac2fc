import type { PackedRows } from "../../serve/index.ts";
import type { SummedColumns } from "./summed-rows.ts";

/** Kinds of the ledger's columns by name, in the order in which they are written down: `ledgerColumns`. */
export type ColumnKinds = Readonly<Record<string, "id" | "label" | "number">>;

/** What the ledger's thread is started with. */
export interface WorkerStart {
  readonly path: string;
  readonly columns: ColumnKinds;
  readonly summed: SummedColumns;
}

/** To the ledger's thread. */
export type ToWorker =
  | { readonly kind: "append"; readonly id: number; readonly rows: PackedRows }
  | { readonly kind: "read"; readonly id: number; readonly from: number; readonly limit: number }
  | { readonly kind: "roll-ups"; readonly id: number }
  | { readonly kind: "close"; readonly id: number };

/** From the ledger's thread: what became of the messages `ids`. */
export type FromWorker =
  | { readonly kind: "done"; readonly ids: readonly number[]; readonly lines?: string }
  | { readonly kind: "failed"; readonly ids: readonly number[]; readonly message: string };
