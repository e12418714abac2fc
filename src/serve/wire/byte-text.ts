import type { ByteText } from "./ports.ts";

/** JSON with every character outside ASCII escaped, so that it is the same text in UTF-8 and as `ByteText`. */
export function asciiJson(value: unknown): ByteText {
  return asciiText(JSON.stringify(value));
}

/** The same for JSON that is written already: characters outside ASCII stand in strings alone, where they may be escaped. */
export function asciiText(json: string): ByteText {
  return json.replace(/[\u007f-\uffff]/g, escapeUnit);
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** Printable ASCII only, for header values: anything else could end the header or the connection's agreement. */
export function headerSafe(text: string): string {
  // Nearly all are, and to see that takes a fraction of looking for what to replace.
  for (let index = 0; index < text.length; index++) {
    // oxlint-disable-next-line unicorn/prefer-code-point -- a half of a character is as unprintable as all of it.
    const code = text.charCodeAt(index);
    if (code < 0x20 || code > 0x7e) return text.replace(/[^\x20-\x7e]/g, "?");
  }
  return text;
}

const decoders = { strict: new TextDecoder("utf-8", { fatal: true }), lenient: new TextDecoder() };
const beyondAscii = /[\x80-\xff]/;

/** Bytes of UTF-8 back to characters; throws, or puts a mark in place, where they are none. */
export function textOf(bytes: ByteText, invalid: "throws" | "marked" = "marked"): string {
  // Most of what is read is ASCII, which is its own text.
  if (!beyondAscii.test(bytes)) return bytes;
  const units = new Uint8Array(bytes.length);
  for (let index = 0; index < bytes.length; index++) units[index] = bytes.charCodeAt(index);
  return (invalid === "throws" ? decoders.strict : decoders.lenient).decode(units);
}
