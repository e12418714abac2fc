import type { Accounts } from "../account/accounts.ts";
import type { OperatorAccess } from "../account/operator-access.ts";
import type { Drains } from "../mesh/drains.ts";
import type { Peers } from "../mesh/peers.ts";
import { readiness } from "../mesh/readiness.ts";
import type { ToldRoute } from "../request/explanation.ts";
import type { GatewayCore } from "../request/gateway-core.ts";
import { modelList, modelObject, type ModelName } from "../request/models.ts";
import type { LiveFeed } from "../telemetry/live-feed.ts";
import { apiError, type ApiError } from "../wire/api-error.ts";
import { asciiJson } from "../wire/byte-text.ts";
import { takesGzip } from "../wire/packed-body.ts";
import type { Call, Exchange, Page, PageSource, Reply } from "../wire/transport.ts";

export interface ReadCallParts {
  readonly core: GatewayCore;
  readonly accounts: Accounts;
  readonly operators: OperatorAccess;
  readonly drains: Drains;
  readonly live: LiveFeed;
  readonly peers: Peers | null;
  readonly names: readonly ModelName[];
  readonly nameOf: ReadonlyMap<string, ModelName>;
  /** The route of a request that was taken here, before a reload too. */
  readonly routeOf: (requestId: string) => ToldRoute | null;
  readonly routesElsewhere: ((requestId: string) => Promise<ToldRoute | null>) | undefined;
  readonly pages: PageSource | undefined;
  readonly json: (reply: Reply, body: string, status?: number) => Exchange;
  readonly refuse: (reply: Reply, error: ApiError, headers?: readonly string[]) => Exchange;
  readonly misdirect: (call: Call, reply: Reply) => Exchange;
}

/** No id of a request is longer, in characters. */
const longestId = 100;

/** Answers whoever only wants to know something: models, routes, health, the console. */
export function createReadCalls(parts: ReadCallParts): (call: Call, reply: Reply) => Exchange {
  const { core, accounts, operators, drains, live, peers, names, nameOf, routeOf, routesElsewhere, pages } = parts;
  const { json, refuse, misdirect } = parts;
  const { clock } = core;
  const createdS = Math.floor(clock.epochMs() / 1_000);

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
    const here = routeOf(id);
    if (here || !routesElsewhere || !(caller.ok || isViewer) || id.length > longestId) return show(here);
    let found: ToldRoute | null = null;
    return later(
      routesElsewhere(id).then((route) => void (found = route)),
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

  function page(call: Call, known: boolean, reply: Reply): Exchange {
    const found = pages?.(call.path, known, takesGzip(call.header("accept-encoding"))) ?? null;
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

  return read;
}

/** Answers once `until` has settled, if there is anyone left to answer to. */
export function later(until: Promise<void>, answer: () => void): Exchange {
  let open = true;
  void until.then(() => open && answer());
  return { clientLeft: () => void (open = false), drained() {} };
}

function decodePath(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
