import { gunzipSync, gzipSync } from "node:zlib";
import type { SweepJob } from "../../simulate/index.ts";
import { messageId, namesOf, type Broker } from "./streams.ts";

/** Well below the megabyte a server takes in one message. */
const pieceBytes = 512_000;

/** Puts the job on the server, packed and in pieces; a job that is there already stays. */
export async function publishJob({ client, manager }: Broker, sweep: string, job: SweepJob): Promise<void> {
  const { subject, stream } = namesOf(sweep).job;
  const { state } = await manager.streams.info(stream);
  const packed = gzipSync(JSON.stringify(job));
  const pieces = Math.ceil(packed.length / pieceBytes);
  if (state.messages === pieces) return;
  await manager.streams.purge(stream);
  for (let piece = 0; piece < pieces; piece++) {
    const part = packed.subarray(piece * pieceBytes, (piece + 1) * pieceBytes);
    // The name includes a time-independent part only, so that a publish that is repeated counts once.
    await client.publish(subject, part, { msgID: messageId(`${sweep}/job/${piece}/${state.last_seq}`) });
  }
}

/** Reads the job; null while it is not whole. */
export async function readJob({ manager }: Broker, sweep: string): Promise<SweepJob | null> {
  const { stream } = namesOf(sweep).job;
  const { state } = await manager.streams.info(stream);
  const parts: Uint8Array[] = [];
  for (let sequence = state.first_seq; sequence <= state.last_seq; sequence++) {
    const message = await manager.streams.getMessage(stream, { seq: sequence });
    if (message === null) return null;
    parts.push(message.data);
  }
  try {
    return JSON.parse(gunzipSync(Buffer.concat(parts)).toString("utf8")) as SweepJob;
  } catch {
    return null;
  }
}
