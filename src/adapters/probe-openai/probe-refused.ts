/** The server cannot be measured; the message says why and what to do. */
export class ProbeRefused extends Error {}

/** Words for a status that is no answer. `body` is what the server said, cut to a line. */
export function refusalOf(status: number, url: string, body: string): ProbeRefused {
  const said = body.replaceAll(/\s+/g, " ").trim().slice(0, 200);
  const saying = said === "" ? "" : ` It says: ${said}`;
  if (status === 401 || status === 403) {
    return new ProbeRefused(
      `${url} answers ${status}: it wants a key. Put the key into an environment variable and name it with --key-env.${saying}`,
    );
  }
  if (status === 404) {
    return new ProbeRefused(
      `${url} answers 404: no such model or path. Give the root of the server (without /v1) and a model it lists under /v1/models.${saying}`,
    );
  }
  if (status === 429 || status === 503) {
    return new ProbeRefused(
      `${url} answers ${status}: it is too busy to be measured. Probe a server without other traffic, or lower --concurrency.${saying}`,
    );
  }
  return new ProbeRefused(`${url} answers ${status}.${saying}`);
}

/** Words for a connection that fails before any answer. */
export function unreachable(url: string, error: unknown): ProbeRefused {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  // Nothing else of the net has codes like these: they are the ones of certificates.
  if (code !== undefined && /CERT|SIGNATURE/.test(code))
    return new ProbeRefused(
      `The certificate of ${url} is not trusted here (${code}). If it is yours, name the file of who signed it in NODE_EXTRA_CA_CERTS, and the server by a name that stands in it.`,
    );
  const why = code ?? (cause instanceof Error ? cause.message : String(cause));
  return new ProbeRefused(`${url} cannot be reached (${why}). Is the server running, and is the address right?`);
}
