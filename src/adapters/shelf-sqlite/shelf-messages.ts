/** To the shelf's thread. `epochMs` is the caller's clock: what has expired by it is not there. */
export type ToShelf =
  | {
      readonly kind: "put";
      readonly id: number;
      readonly owner: string;
      readonly name: string;
      readonly text: string;
      readonly expiresEpochMs: number;
      readonly behind: boolean;
      readonly epochMs: number;
    }
  | {
      readonly kind: "get";
      readonly id: number;
      readonly owner: string;
      readonly name: string;
      readonly epochMs: number;
    }
  | { readonly kind: "remove"; readonly id: number; readonly owner: string; readonly name: string }
  | { readonly kind: "close"; readonly id: number };

/** From the shelf's thread: what became of message `id`. */
export type FromShelf =
  | { readonly id: number; readonly ok: true; readonly value: string | boolean | null }
  | { readonly id: number; readonly ok: false; readonly message: string };
