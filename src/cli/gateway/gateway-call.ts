import { CommandFailure, exitCodes } from "../terminal/exit-codes.ts";

/** Where a running gateway is and with which key it is spoken to. */
export interface GatewayAddress {
  /** Root of the gateway, for example `http://127.0.0.1:4400`. */
  readonly url: string;
  /** Environment variable with the key; a key never stands on a command line. */
  readonly keyEnv?: string;
}

export interface GatewayAnswer {
  readonly status: number;
  readonly text: string;
}

/** Answer of a running gateway; anything slower is one that hangs. */
const timeoutMs = 5_000;

/** Asks a running gateway; ends the command in words when there is none. */
export async function callGateway(
  { url, keyEnv }: GatewayAddress,
  path: string,
  request: { readonly method?: string; readonly body?: object } = {},
): Promise<GatewayAnswer> {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw invalid(`--url: "${url}" is no http or https address, for example http://127.0.0.1:4400.`);
  }
  const key = keyEnv === undefined ? undefined : process.env[keyEnv];
  if (keyEnv !== undefined && !key) throw invalid(`--key-env: the environment variable ${keyEnv} is not set.`);
  try {
    const response = await fetch(new URL(path, url.endsWith("/") ? url : `${url}/`), {
      method: request.method ?? "GET",
      redirect: "error",
      signal: AbortSignal.timeout(timeoutMs),
      headers: {
        ...(key && { authorization: `Bearer ${key}` }),
        ...(request.body && { "content-type": "application/json" }),
      },
      ...(request.body && { body: JSON.stringify(request.body) }),
    });
    return { status: response.status, text: await response.text() };
  } catch (error) {
    // Nothing else of the net has codes like these: they are the ones of certificates.
    const { code } = ((error as Error).cause ?? {}) as NodeJS.ErrnoException;
    if (code !== undefined && /CERT|SIGNATURE/.test(code)) {
      throw invalid(
        `The certificate of the gateway at ${url} is not trusted here (${code}). If it is yours, name the file of who signed it in NODE_EXTRA_CA_CERTS, and the gateway by a name that stands in it.`,
      );
    }
    throw invalid(`No gateway answers at ${url}. Start one with \`disperse serve\`, or name another with --url.`);
  }
}

/** The body of an answer as JSON; null when it is none. */
export function jsonOf({ text }: GatewayAnswer): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

/** What a gateway said against a request, as the end of the command. */
export function refusedBy(url: string, answer: GatewayAnswer): CommandFailure {
  const message = (jsonOf(answer) as { error?: { message?: string } } | null)?.error?.message;
  const remedy = answer.status === 401 ? " On the command line --key-env names the variable that holds it." : "";
  return invalid(
    `The gateway at ${url} answered with status ${answer.status}: ${message ?? "no reason given"}${remedy}`,
  );
}

const invalid = (why: string): CommandFailure => new CommandFailure(exitCodes.invalid, why);
