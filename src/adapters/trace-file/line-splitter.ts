/** Longest line that is read, characters; a longer one is no row of a trace, and its end is not kept. */
const longestLine = 4_000_000;

/**
 * Cuts bytes into lines as they come, without ever holding more than one line. UTF-16 with a byte order mark is read as
 * such; everything else as UTF-8, where bytes that are none become U+FFFD.
 */
export function lineSplitter(onLine: (line: string, isCut: boolean) => void): {
  push(bytes: Uint8Array): void;
  end(): void;
} {
  let decoder: TextDecoder | null = null;
  let rest = "";
  let isTooLong = false;
  const take = (text: string): void => {
    let from = 0;
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", from)) {
      const line = isTooLong ? rest : rest + text.slice(from, end);
      rest = "";
      isTooLong = false;
      from = end + 1;
      onLine(line.endsWith("\r") ? line.slice(0, -1) : line, false);
    }
    if (isTooLong) return;
    rest += text.slice(from);
    if (rest.length > longestLine) {
      rest = rest.slice(0, longestLine);
      isTooLong = true;
    }
  };
  return {
    push(bytes) {
      decoder ??= new TextDecoder(encodingOf(bytes));
      take(decoder.decode(bytes, { stream: true }));
    },
    end() {
      if (decoder !== null) take(decoder.decode());
      if (rest !== "") onLine(rest, true);
    },
  };
}

function encodingOf(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "utf-16le";
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return "utf-16be";
  return "utf-8";
}
