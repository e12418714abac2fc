import { apiError, type ApiError } from "./api-error.ts";
import type { EngineFailure } from "./ports.ts";

/** Why a packed body could not be read. */
export type PackingFault = "unknown-coding" | "too-large" | "broken";

export type Unpacked =
  | { readonly ok: true; readonly bytes: Uint8Array }
  | { readonly ok: false; readonly fault: PackingFault };

/**
 * Undoes a content coding (RFC 9110 §8.4) of a request's body, which may come out at most `maxBytes` long. `bytes` must stay
 * as they are until it settles; never rejects.
 */
export type Unpack = (coding: string, bytes: Uint8Array, maxBytes: number) => Promise<Unpacked>;

/** Codings that are undone where a transport is given an `Unpack`; also what clients are told that came with another. */
export const readCodings = ["gzip", "deflate", "br"] as const;

/** The coding that a `content-encoding` field names, in lower case; null when the body is as it is. */
export function codingOf(field: string | undefined): string | null {
  if (field === undefined) return null;
  const coding = field.trim().toLowerCase();
  if (coding === "" || coding === "identity") return null;
  return coding === "x-gzip" ? "gzip" : coding;
}

/** What an attempt failed of whose answer came packed: engines are not told that anybody could read it. */
export const packedUnasked: EngineFailure = {
  kind: "protocol",
  message: "the engine packed its answer, which nobody asked for",
};

/** Whether who sent this `accept-encoding` field reads gzip (RFC 9110 §12.5.3); a weight of nothing says it does not. */
export function takesGzip(field: string | undefined): boolean {
  return (field ?? "").split(",").some((entry) => {
    const [coding, ...parameters] = entry.split(";").map((part) => part.trim().toLowerCase());
    return (coding === "gzip" || coding === "x-gzip") && !parameters.some((part) => /^q=0(\.0*)?$/.test(part));
  });
}

/** What a client is told whose packed body could not be read. */
export function packingRefusal(fault: PackingFault, coding: string, maxBytes: number): ApiError {
  const named = `\`content-encoding: ${coding.slice(0, 100)}\``;
  if (fault === "too-large")
    return apiError("request_too_large", { detail: `The body is larger than ${maxBytes} bytes once it is unpacked.` });
  if (fault === "broken")
    return apiError("invalid_request", {
      detail: `The body is not what ${named} says.`,
      param: "content-encoding",
    });
  return apiError("unsupported_encoding", {
    detail: `The header ${named} names a coding that is not read here.`,
    param: "content-encoding",
  });
}
