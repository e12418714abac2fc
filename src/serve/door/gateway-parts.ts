import type { World } from "../../catalog/index.ts";
import type { Deployment, Group } from "../../route/index.ts";
import type { Accounts } from "../account/accounts.ts";
import type { OperatorAccess } from "../account/operator-access.ts";
import type { FileDesk } from "../file/file-desk.ts";
import type { Drains } from "../mesh/drains.ts";
import type { EngineReport } from "../mesh/peer-report.ts";
import type { Peers } from "../mesh/peers.ts";
import type { ToldRoute } from "../request/explanation.ts";
import type { ResponseDesk } from "../response/response-desk.ts";
import type { Journal } from "../telemetry/journal.ts";
import type { RowQueue } from "../telemetry/row-queue.ts";
import type { ApiError } from "../wire/api-error.ts";
import type { GatewayOptions } from "../wire/options.ts";
import type { Clock, EngineBinding, Store, Telemetry } from "../wire/ports.ts";
import type { Call, Exchange, PageSource, Reply } from "../wire/transport.ts";

export interface GatewayParts {
  readonly world: World;
  readonly deployment: Deployment;
  /** The engine behind a planned replica group; null leaves the group unused. */
  readonly engines: (group: Group, index: number) => EngineBinding | null;
  /** The other gateways of a mesh; absent = this one stands alone. It outlives this gateway. */
  readonly peers?: Peers;
  readonly store: Store;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** Uniform in [0, 1). */
  readonly rng: () => number;
  /** Keys, budgets and rate limits; without them everyone is let in, which is for loopback only. */
  readonly accounts?: Accounts;
  /** Who may see console and metrics and change what runs; callers on this machine when left out. */
  readonly operators?: OperatorAccess;
  /** What operators have taken out. It outlives this gateway. */
  readonly drains?: Drains;
  /** Where records of finished requests go: an access log, traces. Given to it, and closed by whoever gave them. */
  readonly journals?: readonly Journal[];
  /** Files and batches; without it there are none. It outlives this gateway. */
  readonly files?: FileDesk;
  /** Responses that later ones go on from; without it none are kept. It outlives this gateway. */
  readonly responses?: ResponseDesk;
  /** Rows on their way to the store. They outlive this gateway; without them it has its own, and hands the last over as it stops. */
  readonly rows?: RowQueue;
  /** Routes of requests that gateways before this one took. */
  readonly earlierRouteOf?: (requestId: string) => ToldRoute | null;
  /** Routes that other processes behind the same address keep; null = none of them does. Never rejects. */
  readonly routesElsewhere?: (requestId: string) => Promise<ToldRoute | null>;
  /** Answers paths outside the API. */
  readonly pages?: PageSource;
  readonly options?: Partial<GatewayOptions>;
}

export interface Gateway {
  /** Takes a request over. Never throws; every path ends in an answer, a reset or the client's leaving. */
  handle(call: Call, reply: Reply): Exchange;
  /**
   * Who sends a request, or why it would be refused whatever its body holds. For transports that are to take in a large one:
   * nobody without a key may have it held, nor one account all that can be held. `head` is the request without its body.
   */
  senderOf(head: Call): Sender;
  /**
   * An error in the API's shape for requests that never became calls: too large, too slow, malformed. `head` is what is
   * known of the request, without its body; absent = not even its head could be read.
   */
  refuse(reply: Reply, error: ApiError, head?: Call): void;
  /** Brings gauges of the engines up to date; to be called before metrics are read. */
  observe(): void;
  /** What the other gateways of a mesh are told of the engines here. */
  engineReports(): readonly EngineReport[];
  /** The route of a request, for another process that was asked for it; null = not kept here. */
  routeOf(requestId: string): ToldRoute | null;
  /**
   * Refuses new requests, lets running ones finish for up to `graceMs`, then ends them; hands the last ledger rows over
   * that are its own and closes its engines. Peers and store were given to it and stay open. Asked again, it hurries if less
   * time is left now.
   */
  stop(graceMs: number): Promise<void>;
}

/** The account that a request is sent for, null where no keys are asked for; or why it is refused. */
export type Sender =
  | { readonly ok: true; readonly account: string | null }
  | { readonly ok: false; readonly error: ApiError };
