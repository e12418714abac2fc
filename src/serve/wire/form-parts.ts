import type { ByteSource } from "./transport.ts";

/** One part of a `multipart/form-data` body. */
export interface FormPart {
  readonly name: string;
  /** Present for files; not to be used as a path. */
  readonly fileName: string | null;
  /** Position of the part's content in the body, and after it. */
  readonly start: number;
  readonly end: number;
}

/** Parts a form may have; more is no upload but an attack. */
const maxParts = 100;
/** Headers of one part, bytes. */
const maxPartHead = 8 * 1024;

/** The boundary in a content type; null when it is no form or names no valid boundary (RFC 2046 section 5.1.1). */
export function formBoundary(contentType: string): string | null {
  if (!/^multipart\/form-data\s*;/i.test(contentType)) return null;
  const found = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70})(?=[\s;]|$))/i.exec(contentType);
  return found ? (found[1] ?? found[2]!) : null;
}

/**
 * Finds the parts of a form without copying any of it, so that what is passed on is what was sent. Null when the body
 * is not well-formed: a part without a name, a line end that is none, no closing boundary.
 */
export function formParts(body: ByteSource, boundary: string): FormPart[] | null {
  const delimiter = `\r\n--${boundary}`;
  const parts: FormPart[] = [];
  // The first delimiter may stand at the very beginning; what is in front of it means nothing.
  let at = body.startsWith(`--${boundary}`) ? boundary.length + 2 : afterDelimiter(body, delimiter, 0);
  for (;;) {
    if (at < 0) return null;
    if (body.startsWith("--", at)) return parts;
    if (!body.startsWith("\r\n", at) || parts.length >= maxParts) return null;
    const headEnd = body.indexOf("\r\n\r\n", at);
    if (headEnd < 0 || headEnd - at > maxPartHead) return null;
    const next = body.indexOf(delimiter, headEnd + 4);
    const disposition = /^content-disposition: *form-data *;(.*)$/im.exec(body.slice(at + 2, headEnd))?.[1];
    const name = parameter(disposition, "name");
    if (next < 0 || name === null) return null;
    parts.push({ name, fileName: parameter(disposition, "filename"), start: headEnd + 4, end: next });
    at = next + delimiter.length;
  }
}

function afterDelimiter(body: ByteSource, delimiter: string, from: number): number {
  const found = body.indexOf(delimiter, from);
  return found < 0 ? -1 : found + delimiter.length;
}

function parameter(disposition: string | undefined, name: string): string | null {
  const found = new RegExp(`(?:^|;) *${name}="((?:[^"\\\\]|\\\\.)*)"`, "i").exec(disposition ?? "");
  return found ? found[1]!.replace(/\\(.)/g, "$1") : null;
}
