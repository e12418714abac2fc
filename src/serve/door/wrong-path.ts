import { apiError, type ApiError } from "../wire/api-error.ts";
import { endpoints } from "../stream/endpoints.ts";

export interface Misdirected {
  readonly error: ApiError;
  /** Header fields that belong to the answer, name and value by turns. */
  readonly headers: readonly string[];
}

const isEndpoint = (path: string): boolean => Object.hasOwn(endpoints, path);
/** Whether something of the API is read at a path. */
const isRead = (path: string): boolean => /^\/v1\/(?:models|files|batches|responses)(?:\/|$)/.test(path);
const isKnown = (path: string): boolean => isEndpoint(path) || isRead(path);

/** What to say of a request that is at no endpoint of its method; a client's base URL is what is wrong most often. */
export function misdirected(method: string, path: string): Misdirected {
  const missing = (detail: string): Misdirected => ({ error: apiError("not_found", { detail }), headers: [] });
  const shown = path.slice(0, 200);
  if (path.length > 1 && path.endsWith("/") && isKnown(path.slice(0, -1))) {
    return missing(`There is nothing at ${shown}: leave the slash at the end out.`);
  }
  if (isKnown(`/v1${path}`)) return missing(`There is nothing at ${shown}: the client's base URL must end in /v1.`);
  if (path.includes("//") && isKnown(path.replaceAll(/\/{2,}/g, "/"))) {
    return missing(`There is nothing at ${shown}: the client's base URL must not end in a slash.`);
  }
  if (path.startsWith("/v1/v1/") && isKnown(path.slice(3))) {
    return missing(`There is nothing at ${shown}: the client's base URL holds /v1 twice.`);
  }
  if (path.startsWith("/v1/") && !isKnown(path)) return missing(`There is nothing at ${shown}.`);
  if (method === "GET" || method === "HEAD" ? !isEndpoint(path) : false)
    return missing(`There is nothing at ${shown}.`);
  return { error: apiError("method_not_allowed"), headers: ["allow", isEndpoint(path) ? "POST" : "GET, HEAD"] };
}
