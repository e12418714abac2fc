import { compilePolicy, compileRoutes } from "../../route/index.ts";
import { Accounts } from "../account/accounts.ts";
import { apiError, type ApiError } from "../wire/api-error.ts";
import { Books } from "../request/books.ts";
import { Drains } from "../mesh/drains.ts";
import { endpoints } from "../stream/endpoints.ts";
import { createFileCalls } from "../file/file-calls.ts";
import { isFilePath } from "../file/file-routes.ts";
import { createFrontDoor } from "../request/front-door.ts";
import { GatewayCore } from "../request/gateway-core.ts";
import { explanation, type ToldRoute } from "../request/explanation.ts";
import { LiveFeed } from "../telemetry/live-feed.ts";
import { modelNames, type ModelName } from "../request/models.ts";
import { OperatorAccess } from "../account/operator-access.ts";
import type { Gateway, GatewayParts } from "./gateway-parts.ts";
import { createOperatorCalls, isOperatorPath } from "./operator-calls.ts";
import { defaultOptions } from "../wire/options.ts";
import { Origins } from "../wire/origins.ts";
import type { EngineBinding } from "../wire/ports.ts";
import { PeerGauges } from "../telemetry/peer-gauges.ts";
import { handoverField } from "../mesh/handovers.ts";
import { createHandoverDoor } from "../request/handover-door.ts";
import { gatewayAccount } from "../ledger/gateway-account.ts";
import { hasMoreParts, mostParts, tooManyParts } from "../wire/json-parts.ts";
import { RowQueue } from "../telemetry/row-queue.ts";
import { createReadCalls, later } from "./read-calls.ts";
import { createResponseCalls, isResponsePath } from "../response/response-calls.ts";
import { newRequestId } from "../wire/request-id.ts";
import { misdirected } from "./wrong-path.ts";
import { WorkGauges } from "../telemetry/work-gauges.ts";
import type { Call, Exchange, Reply } from "../wire/transport.ts";

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

  const read = createReadCalls({
    core,
    accounts,
    operators,
    drains,
    live,
    peers,
    names,
    nameOf,
    routeOf: (requestId) => routeOf(requestId) ?? parts.earlierRouteOf?.(requestId) ?? null,
    routesElsewhere: parts.routesElsewhere,
    pages: parts.pages,
    json,
    refuse,
    misdirect,
  });

  function dispatch(call: Call, reply: Reply): Exchange {
    const { method, path } = call;
    const straight = method === "POST" ? straightThrough.get(path) : undefined;
    // Forms are not parsed as JSON, whatever else stands at these paths.
    const isForm = straight ? straight.request === "form" : path === "/v1/files";
    if (call.bodyBytes > mostParts && !isForm && hasMoreParts(call.body, mostParts))
      return refuse(reply, tooManyParts());
    if (takeOver !== null && method === "POST" && call.header(handoverField) !== undefined)
      return takeOver(call, reply);
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
