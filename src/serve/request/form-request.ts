import { apiError } from "../wire/api-error.ts";
import type { Parsed } from "../stream/chat-request.ts";
import { formBoundary, formParts } from "../wire/form-parts.ts";
import type { ByteSource } from "../wire/transport.ts";

/** Longest name of a model. */
const maxModelCharacters = 200;

/** Reads a request that comes as a form, as uploads of sound and pictures do. */
export function parseFormRequest(body: ByteSource, contentType: string | undefined): Parsed {
  const boundary = formBoundary(contentType ?? "");
  if (boundary === null) return refuse("Send the request as multipart/form-data with a boundary.");
  const parts = formParts(body, boundary);
  if (parts === null) return refuse("The form is not well-formed.");
  const fields = parts.filter(({ fileName }) => fileName === null);
  const named = (name: string) => fields.filter((part) => part.name === name);
  // A field given twice would let the engine read another value than we did.
  if (named("model").length > 1 || named("stream").length > 1) return refuse("A field of the form is given twice.");
  const [model] = named("model");
  const [stream] = named("stream");
  const name = model ? body.slice(model.start, model.end) : "";
  if (!model || name === "" || name.length > maxModelCharacters) return refuse("`model` must be a text.", "model");
  return {
    ok: true,
    request: {
      model: name,
      stream: stream !== undefined && body.slice(stream.start, stream.end) === "true",
      includeUsage: true,
      inputTokens: 1,
      maxOutputTokens: null,
      deterministic: false,
      choices: 1,
      contentStart: 0,
      contentEnd: 0,
      modelSpan: { keyStart: model.start, valueStart: model.start, valueEnd: model.end },
      streamOptionsSpan: null,
      form: true,
    },
  };
}

function refuse(detail: string, param?: string): Parsed {
  return { ok: false, error: apiError("invalid_request", { detail, ...(param && { param }) }) };
}
