import { OperatorAccess, type Accounts, type Clock } from "../../serve/index.ts";
import { CommandFailure, exitCodes } from "../terminal/exit-codes.ts";
import { isSame, plainDigest } from "./key-secret.ts";

export interface OperatorOptions {
  /** Key for console, metrics and drains beside those with a role; null = there is none. */
  readonly operatorKey?: string | null;
  /** Console and metrics are for everyone who connects, while no key guards them. */
  readonly openConsole?: boolean;
}

/** Long enough that nobody guesses it while the gateway runs. */
const leastKeyLength = 16;

/** Reads the operator's key from the environment; a key never stands on a command line. */
export function operatorKeyIn(variable: string | undefined, env: NodeJS.ProcessEnv): string | null {
  if (variable === undefined) return null;
  const key = env[variable] ?? "";
  if (key.length >= leastKeyLength && /^[\x21-\x7e]+$/.test(key)) return key;
  const what = key === "" ? "is not set" : `must hold at least ${leastKeyLength} printable characters without spaces`;
  throw new CommandFailure(exitCodes.invalid, `--operator-key-env: the environment variable ${variable} ${what}.`);
}

export function openToOperators(
  { operatorKey = null, openConsole = false }: OperatorOptions,
  accounts: Accounts,
  clock: Clock,
): OperatorAccess {
  if (operatorKey === null) return new OperatorAccess({ accounts, clock, open: openConsole });
  const digest = plainDigest(operatorKey);
  return new OperatorAccess({ accounts, clock, isOperatorKey: (secret) => isSame(plainDigest(secret), digest) });
}

/** Whoever listens to the world without a key for the console should know what the world sees; null = nothing to say. */
export function strangersWarning(
  host: string,
  { openConsole = false }: OperatorOptions,
  operators: OperatorAccess,
): string | null {
  if (/^(?:localhost|127\.|::1$|\[::1\]$)/.test(host) || operators.guarded) return null;
  return openConsole
    ? `console and metrics are open to everyone who reaches ${host}; --operator-key-env guards them with a key`
    : "console and metrics are shown on this machine only, as no key guards them (--operator-key-env, or keys with a role)";
}
