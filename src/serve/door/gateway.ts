import type { World } from "../../catalog/index.ts";
import { compilePolicy, compileRoutes, type Deployment, type Group } from "../../route/index.ts";
import { Accounts } from "../account/accounts.ts";
import { apiError, type ApiError } from "../wire/api-error.ts";
import { Books } from "../request/books.ts";
import { Drains } from "../mesh/drains.ts";
import { asciiJson } from "../wire/byte-text.ts";
import { endpoints } from "../stream/endpoints.ts";
import { createFileCalls } from "../file/file-calls.ts";
import type { FileDesk } from "../file/file-desk.ts";
import { isFilePath } from "../file/file-routes.ts";
import { createFrontDoor } from "../request/front-door.ts";
import { GatewayCore } from "../request/gateway-core.ts";
import { explanation, type ToldRoute } from "../request/explanation.ts";
import type { Journal } from "../telemetry/journal.ts";
import { LiveFeed } from "../telemetry/live-feed.ts";
import { modelList, modelNames, modelObject, type ModelName } from "../request/models.ts";
import { OperatorAccess } from "../account/operator-access.ts";
import { createOperatorCalls, isOperatorPath } from "./operator-calls.ts";
import { defaultOptions, type GatewayOptions } from "../wire/options.ts";
import { Origins } from "../wire/origins.ts";
import type { Clock, EngineBinding, Store, Telemetry } from "../wire/ports.ts";
import { takesGzip } from "../wire/packed-body.ts";
import { PeerGauges } from "../telemetry/peer-gauges.ts";
import type { EngineReport } from "../mesh/peer-report.ts";
import type { Peers } from "../mesh/peers.ts";
import { handoverField } from "../mesh/handovers.ts";
import { createHandoverDoor } from "../request/handover-door.ts";
import { gatewayAccount } from "../ledger/gateway-account.ts";
import { hasMoreParts, mostParts, tooManyParts } from "../wire/json-parts.ts";
import { readiness } from "../mesh/readiness.ts";
import { RowQueue } from "../telemetry/row-queue.ts";
import { createResponseCalls, isResponsePath } from "../response/response-calls.ts";
import type { ResponseDesk } from "../response/response-desk.ts";
import { newRequestId } from "../wire/request-id.ts";
import { misdirected } from "./wrong-path.ts";
import { WorkGauges } from "../telemetry/work-gauges.ts";
import type { Call, Exchange, Page, PageSource, Reply } from "../wire/transport.ts";

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

/** No id of a request is longer, in characters. */
const longestId = 100;

/** An exchange that is over before the client could leave. */
const answered: Exchange = { clientLeft() {}, drained() {} };

/** Builds a gateway over planned engines. Pure but for what its parts do. */
export function createGateway(parts: GatewayParts): Gateway {
  const { world, clock, rng } = parts;
  const options = { ...defaultOptions, ...parts.options };
  const routes = compileRoutes(compilePolicy(world, parts.deployment.period), parts.deployment);
  const bindings = routes.groups.map((group, index) => parts.engines(group, index));
  const live = new LiveFeed(clock);
  const { store, telemetry, peers = null } = parts;
  const accounts = parts.accounts ?? new Accounts(null, 0);
  const rows = parts.rows ?? new RowQueue(store, clock, telemetry);
  const books = new Books({ world, rows, clock, live, telemetry, journals: parts.journals ?? [] });
  const drains = parts.drains ?? new Drains();
  const core = new GatewayCore({ world, routes, bindings, clock, books, accounts, drains, options });
  const operators = parts.operators ?? new OperatorAccess({ accounts, clock });
  const work = new WorkGauges(world, telemetry);
  const peerGauges = peers && new PeerGauges(peers, telemetry);
  const isBound = (workload: number, holds: (binding: EngineBinding) => boolean) =>
    bindings.some((binding, index) => binding && routes.groups[index]!.workloads.includes(workload) && holds(binding));
  const names = modelNames(
    world,
    (workload) => isBound(workload, ({ emulated }) => emulated),
    (workload) => isBound(workload, () => true),
  );
  const nameOf = new Map<string, ModelName>(names.map((name) => [name.id, name]));
  const origins = new Origins(world, options.defaultArea);
  const createdS = Math.floor(clock.epochMs() / 1_000);

  const json = (reply: Reply, body: string, status = 200) => {
    reply.send(status, ["content-type", "application/json"], body, true);
    return answered;
  };
  const refuse = (reply: Reply, error: ApiError, headers: readonly string[] = []) => {
    const requestId = newRequestId(clock.epochMs(), rng);
    books.turnedAway(requestId, error.code, null);
    core.sendError(reply, error, requestId, 0, headers);
    return answered;
  };
  const misdirect = ({ method, path }: Call, reply: Reply) => {
    const { error, headers } = misdirected(method, path);
    return refuse(reply, error, headers);
  };
  const operate = createOperatorCalls({ places: core.places(), drains, access: operators, clock });

  const fileCalls = createFileCalls({
    desk: parts.files ?? null,
    world,
    accounts,
    nameOf,
    origins,
    epochMs: () => clock.epochMs(),
    refuse,
  });

  const infer = createFrontDoor({
    core,
    nameOf,
    origins,
    rng,
    refuse,
  });

  const takeOver = peers && createHandoverDoor({ core, peers, origins, rng, refuse });

  const respond = createResponseCalls({
    desk: parts.responses ?? null,
    world,
    accounts,
    nameOf,
    origins,
    epochMs: () => clock.epochMs(),
    rng,
    infer: (call, reply) => infer(call, reply, endpoints["/v1/responses"]!),
    refuse,
  });

  /** When what still runs is ended, once it stops. */
  let endsMs = Number.POSITIVE_INFINITY;
  let stopped: Promise<void> | null = null;

  function routeOf(requestId: string): ToldRoute | null {
    const story = core.keptRoutes.find(requestId);
    if (story === null) return null;
    const { area, access, workload, accountId } = story;
    const [areaId, accessId] = [world.areas[area]!.id, world.accessTypes[access]!.id];
    return { accountId, body: explanation(story, areaId, accessId, world.workloads[workload]!.id) };
  }

  /** A route is told to whose request it was, and to whoever may see the console. */
  function explain(id: string, call: Call, reply: Reply): Exchange {
    const caller = accounts.authenticate(call.header("authorization"), clock.epochMs());
    const isViewer = operators.enter(call, "viewer").ok;
    const show = (route: ToldRoute | null): Exchange => {
      const own = caller.ok && route?.accountId === (caller.key?.account ?? null);
      if (route && (own || isViewer)) return json(reply, route.body);
      return refuse(
        reply,
        apiError("not_found", {
          detail: "This route is unknown or no longer kept.",
          hint: "Ask soon after the answer, with the key of the request or one of an operator.",
        }),
      );
    };
    const here = routeOf(id) ?? parts.earlierRouteOf?.(id) ?? null;
    if (here || !parts.routesElsewhere || !(caller.ok || isViewer) || id.length > longestId) return show(here);
    let found: ToldRoute | null = null;
    return later(
      parts.routesElsewhere(id).then((route) => void (found = route)),
      () => show(found),
    );
  }

  function read(call: Call, reply: Reply): Exchange {
    const { path } = call;
    if (path === "/v1/models" || path.startsWith("/v1/models/")) {
      // Many a client tries its key here before it asks anything.
      const caller = accounts.authenticate(call.header("authorization"), clock.epochMs());
      if (!caller.ok) return refuse(reply, caller.error);
      if (path === "/v1/models") return json(reply, modelList(names, createdS));
      const name = nameOf.get(decodePath(path.slice("/v1/models/".length)));
      return name?.served
        ? json(reply, asciiJson(modelObject(name, createdS)))
        : refuse(reply, apiError("model_not_found"));
    }
    if (path.startsWith("/v1/routes/")) return explain(path.slice("/v1/routes/".length), call, reply);
    if (path === "/healthz") return json(reply, asciiJson({ status: "alive" }));
    if (path === "/readyz") {
      const { status, body } = readiness(core.groups, drains.all, core.stopping, peers, core.look());
      return json(reply, asciiJson(body), status);
    }
    // No page of the console is there, so nobody need be asked who they are.
    if (/^\/+v1\//.test(path) || path === "/models") return misdirect(call, reply);
    const entry = operators.enter(call, "viewer");
    if (!entry.ok) return refuse(reply, entry.error, entry.headers);
    if (path === "/console/live") return live.watch(reply);
    return page(call, entry.known, reply);
  }

  /** Answers once `until` has settled, if there is anyone left to answer to. */
  function later(until: Promise<void>, answer: () => void): Exchange {
    let open = true;
    void until.then(() => open && answer());
    return { clientLeft: () => void (open = false), drained() {} };
  }

  function page(call: Call, known: boolean, reply: Reply): Exchange {
    const found = parts.pages?.(call.path, known, takesGzip(call.header("accept-encoding"))) ?? null;
    let open = true;
    const show = (result: Page | null) => {
      if (!open) return;
      if (result === null) refuse(reply, apiError("not_found"));
      else
        reply.send(result.status, ["content-type", result.contentType, ...(result.headers ?? [])], result.body, true);
    };
    if (found instanceof Promise) found.then(show, () => open && refuse(reply, apiError("internal_error")));
    else show(found);
    return { clientLeft: () => void (open = false), drained() {} };
  }

  function dispatch(call: Call, reply: Reply): Exchange {
    const { method, path } = call;
    if (takeOver !== null && method === "POST" && call.header(handoverField) !== undefined)
      return takeOver(call, reply);
    const straight = method === "POST" ? straightThrough.get(path) : undefined;
    // Forms are not parsed as JSON, whatever else stands at these paths.
    const isForm = straight ? straight.request === "form" : path === "/v1/files";
    if (call.bodyBytes > mostParts && !isForm && hasMoreParts(call.body, mostParts))
      return refuse(reply, tooManyParts());
    if (straight) return infer(call, reply, straight);
    if (isFilePath(path)) return fileCalls(call, reply);
    if (isResponsePath(path)) return respond(call, reply);
    if (isOperatorPath(path)) {
      const done = operate(call);
      if (!done.ok) return refuse(reply, done.error, done.headers);
      // Who was told that something is drained finds it drained, whatever process takes the next request.
      return drains.spreading === null ? json(reply, done.body) : later(drains.spreading, () => json(reply, done.body));
    }
    // A feed without a body would be no feed.
    const readable = method === "GET" || (method === "HEAD" && path !== "/console/live");
    return readable && !straightThrough.has(path) ? read(call, reply) : misdirect(call, reply);
  }

  return {
    handle(call, reply) {
      try {
        return dispatch(call, reply);
      } catch {
        // A mistake in one request must not take the others down with it. The counter of refusals shows it.
        return refuse(reply, apiError("internal_error"));
      }
    },
    senderOf(head) {
      if (core.stopping) return { ok: false, error: apiError("shutting_down", { retryAfterMs: 1_000 }) };
      const { method, path } = head;
      if (isOperatorPath(path)) return { ok: false, error: apiError("request_too_large") };
      if (!path.startsWith("/v1/") && !straightThrough.has(path)) {
        return { ok: false, error: misdirected(method, path).error };
      }
      const statement = peers === null ? undefined : head.header(handoverField);
      const gateway = statement === undefined ? null : peers!.handovers.sender(statement);
      if (gateway !== null) return { ok: true, account: gatewayAccount(gateway) };
      const caller = accounts.authenticate(head.header("authorization"), clock.epochMs());
      return caller.ok ? { ok: true, account: caller.key?.account ?? null } : caller;
    },
    refuse: (reply, error) => void refuse(reply, error),
    observe() {
      books.engines(core.groups, bindings, core.look());
      work.show(core.groups, drains);
      peerGauges?.show(core.look());
    },
    engineReports: () => core.engineReports(),
    routeOf,
    stop(graceMs) {
      endsMs = Math.min(endsMs, clock.monotonicMs() + graceMs);
      return (stopped ??= stop());
    },
  };

  async function stop(): Promise<void> {
    core.stopping = true;
    // Whoever watches finds the gateway that comes after this one.
    live.close();
    while (core.inFlight.size + core.admission.queued > 0 && clock.monotonicMs() < endsMs) {
      await new Promise<void>((resolve) => clock.schedule(20, resolve));
    }
    core.admission.close();
    for (const inference of core.inFlight.all()) inference.abandon();
    if (!parts.rows) await rows.settled();
    core.leaveDrains();
    await Promise.all(bindings.map(async (binding) => binding?.engine.close()));
  }
}

/** Endpoints that go to engines as they are; the others do something of their own first. */
const straightThrough = new Map(Object.entries(endpoints).filter(([path]) => !isResponsePath(path)));

function decodePath(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
