import type { ByteText, FileStore } from "../wire/ports.ts";

/** Where a line stands in its file, so that it can be read when its turn comes. */
export interface LineSpan {
  /** From 1 on, empty lines counted. */
  readonly number: number;
  /** Position of its first byte. */
  readonly start: number;
  /** Position after its last one, the line end not included. */
  readonly end: number;
}

export interface FileLine extends LineSpan {
  /** Null when it is too long to be held. */
  readonly text: ByteText | null;
}

/** What is read of a file at a time, bytes. */
export const pieceBytes = 1024 * 1024;
/** Longest line that is held, bytes: as much as a request's body may have, and some more. */
export const maxLineBytes = 64 * 1024 * 1024;

/**
 * The lines of a file that are not empty, in order, without ever holding more of it than a piece and the line being read:
 * a batch may be larger than the memory.
 */
export async function* fileLines(
  store: Pick<FileStore, "read">,
  name: string,
  bytesAtOnce = pieceBytes,
): AsyncGenerator<FileLine> {
  let number = 0;
  let start = 0;
  /** Beginning of a line whose end was not read yet; null when it is too long already. */
  let begun: ByteText[] | null = [];
  let begunBytes = 0;
  for (let at = 0; ;) {
    const piece = (await store.read(name, at, bytesAtOnce)) ?? "";
    let from = 0;
    for (let found = piece.indexOf("\n"); found >= 0; found = piece.indexOf("\n", from)) {
      number++;
      const line = lineOf(begun, piece.slice(from, found));
      const end = at + found;
      if (line === null || line.trim() !== "") yield { number, start, end, text: line };
      begun = [];
      begunBytes = 0;
      from = found + 1;
      start = end + 1;
    }
    at += piece.length;
    begunBytes += piece.length - from;
    if (begunBytes > maxLineBytes) begun = null;
    else begun?.push(piece.slice(from));
    if (piece.length < bytesAtOnce) break;
  }
  const last = lineOf(begun, "");
  if (last === null || last.trim() !== "") yield { number: number + 1, start, end: start + begunBytes, text: last };
}

function lineOf(begun: readonly ByteText[] | null, rest: ByteText): ByteText | null {
  return begun === null ? null : begun.length === 0 ? rest : begun.join("") + rest;
}
