import type { Priority } from "../../route/index.ts";
import type { Slo } from "./slo.ts";

/** What a key may do besides inference. `viewer`: read console and metrics; `operator`: that, and change what runs. */
export const operatorRoles = ["viewer", "operator"] as const;
export type OperatorRole = (typeof operatorRoles)[number];

/** Who pays. Several keys may draw on one account, which is how a key is exchanged without a gap. */
export interface Account {
  readonly id: string;
  /** What may be charged in all, integer nano-USD; null = no limit. */
  readonly budgetNanoUsd: number | null;
  /** Charged before this gateway started, integer nano-USD. */
  readonly spentNanoUsd: number;
  readonly requestsPerMinute: number | null;
  /** Input and output tokens together. */
  readonly tokensPerMinute: number | null;
  /** Requests that may run or wait at the same time; absent = no limit. */
  readonly maxInFlight?: number | null;
  /** Who is served first when not everyone can be; absent = `normal`. */
  readonly priority?: Priority;
  /** Share of the tokens among accounts of the same priority while not everyone can be served; absent = 1. */
  readonly weight?: number;
}

/** A virtual key. The key itself is nowhere kept, only a digest of it. */
export interface KeyRecord {
  readonly id: string;
  /** Lower-case hexadecimal; one of what `AccountSettings.digests` makes of the key. */
  readonly digest: string;
  readonly account: string;
  /** Ids of the workloads it may use, or `*`. */
  readonly workloads: readonly string[] | "*";
  /** Milliseconds since 1970 UTC; null = never. */
  readonly expiresEpochMs: number | null;
  /** Revoked keys are kept so that old rows still have a name for them. */
  readonly revoked?: boolean;
  /** What it may see and do besides inference; nothing when left out. */
  readonly role?: OperatorRole;
  /** Class of requests that name none; `budget` when left out. */
  readonly slo?: Slo;
}

/** Who may use a gateway, and how their keys are told. */
export interface AccountSettings {
  readonly accounts: readonly Account[];
  readonly keys: readonly KeyRecord[];
  /** Lower-case hexadecimal digests of a presented key, one for every way in which keys are kept. */
  readonly digests: (secret: string) => readonly string[];
  /**
   * Gateways that keep these limits together; absent = this one alone. Rates and places are those of all, budgets the part
   * of this one.
   */
  readonly parts?: number;
  /** Which of them this is, from 1 on; absent = the first. */
  readonly part?: number;
}
