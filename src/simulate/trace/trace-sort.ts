import { EventQueue } from "../chance/event-queue.ts";
import { ChunkWriter, type TraceChunk, type TraceStore } from "./trace-store.ts";

/** What is known of the chunks that are to be put in order. */
export interface ChunkSpan {
  readonly firstMs: number;
  readonly lastMs: number;
}

/**
 * Writes the rows of all chunks into another store, in the order of time; rows of the same time keep their order. A chunk
 * is read when the merge reaches its earliest row and let go after its last, so a trace that is nearly in order takes the
 * memory of a few chunks; one that is shuffled throughout takes all of them (16 bytes a row).
 *
 * @returns the writer, which knows what it wrote; times count from the earliest row of all.
 */
export function sortChunks(from: TraceStore, spans: readonly ChunkSpan[], to: TraceStore): ChunkWriter {
  const order = [...spans.keys()].toSorted((a, b) => spans[a]!.firstMs - spans[b]!.firstMs || a - b);
  const startMs = spans[order[0]!]!.firstMs;
  const writer = new ChunkWriter(to);
  const open = new Map<number, { chunk: TraceChunk; rows: Int32Array; at: number }>();
  const queue = new EventQueue();
  let toOpen = 0;
  while (toOpen < order.length || queue.size > 0) {
    const position = order[toOpen];
    if (position !== undefined && spans[position]!.firstMs <= queue.nextMs) {
      const chunk = from.read(position);
      const rows = Int32Array.from({ length: chunk.count }, (_, row) => row);
      rows.sort((a, b) => chunk.atMs[a]! - chunk.atMs[b]! || a - b);
      open.set(position, { chunk, rows, at: 0 });
      // The chunk's position as the priority: of two rows at one time, that of the earlier chunk comes first.
      queue.push(chunk.atMs[rows[0]!]!, position, 0, position);
      toOpen++;
      continue;
    }
    const subject = queue.nextSubject;
    queue.pop();
    const { chunk, rows, at } = open.get(subject)!;
    const row = rows[at]!;
    writer.add(
      chunk.atMs[row]! - startMs,
      chunk.inputTokens[row]!,
      chunk.outputTokens[row]!,
      chunk.hashes.subarray(chunk.hashStart[row]!, chunk.hashStart[row + 1]!),
    );
    if (at + 1 < rows.length) {
      open.get(subject)!.at = at + 1;
      queue.push(chunk.atMs[rows[at + 1]!]!, subject, 0, subject);
    } else open.delete(subject);
  }
  writer.flush();
  return writer;
}
