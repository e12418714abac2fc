/** To the ledger's thread. */
export type ToWorker =
  | {
      readonly kind: "append";
      readonly id: number;
      /** Rows as JSON, one per line: one string crosses threads several times faster than a list of objects. */
      readonly lines: string;
    }
  | { readonly kind: "read"; readonly id: number; readonly from: number; readonly limit: number }
  | { readonly kind: "roll-ups"; readonly id: number }
  | { readonly kind: "close"; readonly id: number };

/** From the ledger's thread: what became of the messages `ids`. */
export type FromWorker =
  | { readonly kind: "done"; readonly ids: readonly number[]; readonly lines?: string }
  | { readonly kind: "failed"; readonly ids: readonly number[]; readonly message: string };
