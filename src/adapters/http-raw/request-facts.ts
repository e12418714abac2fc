import { apiError, codingOf, splitTarget, type ApiError } from "../../serve/index.ts";
import { fieldValue, isNamed, type MessageHead } from "./message-head.ts";
import type { ParseError } from "./message-parser.ts";

/** What the head of a request says of how its body is to be taken, or why it is not. */
export interface RequestFacts {
  readonly path: string;
  readonly query: string;
  /** The sender waits to be told that the body is wanted. */
  readonly waits: boolean;
  /** A form may hold anything, sound and pictures too. */
  readonly isForm: boolean;
  /** How the body is packed; null = it is not. */
  readonly packing: string | null;
  /** Why the request is refused whatever its body holds; null when nothing speaks against it. */
  readonly error: ApiError | null;
  /** After such an error nobody knows where the next request begins. */
  readonly isLast: boolean;
}

/** Looked up once for each head: one that a connection repeats brings along what it said before. */
export function requestFacts(head: MessageHead): RequestFacts {
  return (head.facts ??= factsIn(head));
}

function factsIn(head: MessageHead): RequestFacts {
  const { fields, majorVersion, minorVersion } = head;
  const coding = fieldValue(fields, "transfer-encoding");
  const hosts = countFields(fields, "host");
  let error: ApiError | null = null;
  let isLast = false;
  if (majorVersion !== 1) {
    error = apiError("http_version_not_supported");
    isLast = true;
  } else if (hosts > 1 || (hosts === 0 && minorVersion === 1)) {
    error = apiError("invalid_request", { detail: "An HTTP/1.1 request names exactly one host." });
  } else if (coding !== undefined && coding.toLowerCase() !== "chunked") {
    const detail = "The header `transfer-encoding` may say `chunked` and nothing else.";
    error = apiError("unsupported_encoding", { detail, param: "transfer-encoding" });
    isLast = true;
  }
  return {
    ...splitTarget(head.target),
    waits: minorVersion > 0 && fieldValue(fields, "expect")?.toLowerCase() === "100-continue",
    isForm: /^multipart\//i.test(fieldValue(fields, "content-type") ?? ""),
    packing: codingOf(fieldValue(fields, "content-encoding")),
    error,
    isLast,
  };
}

function countFields(fields: readonly string[], name: string): number {
  let count = 0;
  for (let index = 0; index < fields.length; index += 2) if (isNamed(fields[index]!, name)) count++;
  return count;
}

/** The length of its body that a head states, as the parser lets it through: digits, and perhaps a space after them. */
export function statedLength({ fields }: MessageHead): number {
  const text = fieldValue(fields, "content-length") ?? "";
  let value = 0;
  for (let index = 0; index < text.length; index++) {
    const digit = text.charCodeAt(index) - 0x30;
    if (digit < 0 || digit > 9) break;
    value = value * 10 + digit;
  }
  return value;
}

/** Why what came is no request. */
export function parseRefusal({ code, headersTooLarge, otherVersion }: ParseError): ApiError {
  if (headersTooLarge) return apiError("headers_too_large");
  if (otherVersion) return apiError("http_version_not_supported");
  return apiError("invalid_request", { detail: `The request is not valid HTTP (${code}).` });
}
