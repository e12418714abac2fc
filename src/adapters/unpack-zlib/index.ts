import { brotliDecompress, gunzip, inflate, type ZlibOptions } from "node:zlib";
import type { readCodings, Unpack, Unpacked } from "../../serve/index.ts";

/** Bodies unpacked at once; others wait. A few packed bytes may ask for megabytes, so this bounds what strangers can take. */
const mostAtOnce = 4;

type Way = (
  bytes: Uint8Array,
  options: ZlibOptions,
  done: (error: NodeJS.ErrnoException | null, bytes: Buffer) => void,
) => void;

const ways: Readonly<Record<(typeof readCodings)[number], Way>> = {
  gzip: gunzip,
  deflate: inflate,
  br: (bytes, { maxOutputLength }, done) =>
    brotliDecompress(bytes, maxOutputLength === undefined ? {} : { maxOutputLength }, done),
};

/** Unpacks in Node's thread pool, a few bodies at once and the others in the order in which they came. */
export function createUnpack(): Unpack {
  const waiting: (() => void)[] = [];
  let running = 0;

  return (coding, bytes, maxBytes) => {
    const way = Object.hasOwn(ways, coding) ? ways[coding as keyof typeof ways] : null;
    if (way === null) return Promise.resolve({ ok: false, fault: "unknown-coding" });
    return new Promise<Unpacked>((resolve) => {
      const begin = () => {
        running++;
        way(bytes, { maxOutputLength: maxBytes }, (error, unpacked) => {
          running--;
          waiting.shift()?.();
          if (error === null) resolve({ ok: true, bytes: unpacked });
          else resolve({ ok: false, fault: error.code === "ERR_BUFFER_TOO_LARGE" ? "too-large" : "broken" });
        });
      };
      if (running < mostAtOnce) begin();
      else waiting.push(begin);
    });
  };
}
