import { ReplayWindow } from "./replay-window.ts";
import { asciiJson } from "../wire/byte-text.ts";
import type { Clock, Handover, Seal } from "../wire/ports.ts";

/** Header field in which a gateway says on whose behalf it hands a request over. */
export const handoverField = "x-disperse-handover";

/** How far clocks may be apart, and a statement be old, ms. */
const mostSkewMs = 30_000;
/** Stands before what is sealed, so that no seal on one kind of message holds on another. */
const kind = "disperse handover v1\n";

/** What a gateway states of a request that it hands over. */
export interface Statement extends Handover {
  readonly from: string;
  readonly to: string;
  /** The run of the receiving gateway it is for: what was recorded before a restart is worth nothing after it. */
  readonly run: number;
  /** The run of the gateway that made it, and the how many-eth of that run: each holds once. */
  readonly fromRun: number;
  readonly number: number;
  /** Id of the request where it came in. */
  readonly id: string;
  readonly path: string;
  /** Of the body. */
  readonly digest: string;
  /** When it was made, ms since 1970 UTC. */
  readonly epochMs: number;
}

export type HandoverRead =
  | { readonly ok: true; readonly statement: Statement }
  | { readonly ok: false; readonly why: string };

export interface HandoversParts {
  readonly self: string;
  /** This run of the gateway, ms since 1970 UTC. */
  readonly startedEpochMs: number;
  readonly seal: Seal;
  readonly clock: Clock;
  /** The run of another gateway that is heard now; null = none has been. */
  readonly runOf: (gateway: string) => number | null;
}

/**
 * Requests that gateways hand over to each other. A signed statement stands for the client's key, which never leaves the door
 * it came in by. It holds once, at one gateway, for one body, and for seconds.
 */
export class Handovers {
  readonly #parts: HandoversParts;
  /** Statements of each gateway's latest run that were used. */
  readonly #used = new Map<string, { readonly run: number; readonly window: ReplayWindow }>();
  #number = 0;

  constructor(parts: HandoversParts) {
    this.#parts = parts;
  }

  /** The value of `handoverField` for a request to the gateway `to`. */
  write(statement: Omit<Statement, "from" | "fromRun" | "number" | "epochMs">): string {
    const { self, startedEpochMs, seal, clock } = this.#parts;
    const own = { from: self, fromRun: startedEpochMs, number: this.#number++, epochMs: clock.epochMs() };
    const text = asciiJson({ ...own, ...statement } satisfies Statement);
    return `${seal.seal(kind + text)} ${text}`;
  }

  /** Who hands a request over, before its body is there; null when nobody of the mesh does. */
  sender(field: string): string | null {
    const read = this.#read(field);
    return read.ok ? read.statement.from : null;
  }

  /** Reads the statement of a request and uses it up. */
  take(field: string, path: string, body: string, isBytes: boolean): HandoverRead {
    const read = this.#read(field);
    if (!read.ok) return read;
    const { statement } = read;
    if (statement.path !== path) return no("it is for another endpoint");
    if (statement.digest !== this.#parts.seal.digest(body, isBytes)) return no("it is for another body");
    return this.#useUp(statement) ? read : no("it was used before");
  }

  #useUp({ from, fromRun, number }: Statement): boolean {
    let used = this.#used.get(from);
    // Another run than the last counts anew if it is later, or if its gateway is heard to be in it (its clock was set back). An
    // earlier one makes no statements any more: what comes of it was recorded.
    if (used !== undefined && fromRun < used.run && fromRun !== this.#parts.runOf(from)) return false;
    if (used === undefined || fromRun !== used.run)
      this.#used.set(from, (used = { run: fromRun, window: new ReplayWindow() }));
    return used.window.take(number);
  }

  #read(field: string): HandoverRead {
    const { self, startedEpochMs, seal, clock } = this.#parts;
    const at = field.indexOf(" ");
    const text = field.slice(at + 1);
    const statement = parse(text);
    if (statement === null) return no("it cannot be read");
    if (!seal.holds(statement.from, kind + text, field.slice(0, at)))
      return no("its seal is not that of a gateway here");
    if (statement.to !== self) return no("it is for another gateway");
    if (statement.run !== startedEpochMs) return no("it is for an earlier run of this gateway");
    const apartMs = Math.abs(clock.epochMs() - statement.epochMs);
    if (!(apartMs <= mostSkewMs)) return no("it is old, or the clocks of the gateways are more than 30 s apart");
    return { ok: true, statement };
  }
}

const idForm = /^[\w.-]{1,128}$/;
const words = ["from", "to", "id", "path", "digest", "workload", "area", "access", "site", "slo", "priority"] as const;
const numbers = ["run", "fromRun", "number", "epochMs", "waitedMs", "attempt"] as const;

function parse(text: string): Statement | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  const statement = value as Statement | null;
  if (typeof statement !== "object" || statement === null) return null;
  const isWhole =
    words.every((name) => typeof statement[name] === "string") &&
    numbers.every((name) => Number.isFinite(statement[name])) &&
    [statement.account, statement.traceparent].every((word) => word === null || typeof word === "string") &&
    typeof statement.afterLoss === "boolean" &&
    // It goes into header fields and ledgers here, whatever the other gateway is like.
    idForm.test(statement.id) &&
    Number.isSafeInteger(statement.attempt);
  return isWhole ? statement : null;
}

const no = (why: string): HandoverRead => ({ ok: false, why });
