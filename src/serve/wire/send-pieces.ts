import type { ByteText } from "./ports.ts";
import type { Exchange, Reply } from "./transport.ts";

export interface Pieces {
  readonly headers: readonly string[];
  readonly first: ByteText;
  /** From position `from` on; empty at the end, null when it cannot be had any more. */
  readonly more: (from: number) => Promise<ByteText | null>;
}

/** Sends a body that is too long to be held, as fast as the client reads it. */
export function sendPieces(reply: Reply, { headers, first, more }: Pieces): Exchange {
  let open = true;
  let goOn: (() => void) | null = null;
  const run = async () => {
    let sent = first.length;
    let reads = reply.send(200, headers, first, false);
    while (open) {
      // A client that leaves never drains, so its leaving ends the wait as well.
      if (!reads) await new Promise<void>((resolve) => (goOn = resolve));
      const piece = open ? await more(sent) : null;
      if (!open) return;
      // The length was not told, so only breaking the connection says that something is missing.
      if (piece === null) return reply.reset();
      if (piece === "") return void reply.write("", true);
      sent += piece.length;
      reads = reply.write(piece, false);
    }
  };
  run().catch(() => open && reply.reset());
  const wake = () => {
    goOn?.();
    goOn = null;
  };
  return {
    clientLeft() {
      open = false;
      wake();
    },
    drained: wake,
  };
}
