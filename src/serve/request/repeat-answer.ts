import { headerSafe } from "../wire/byte-text.ts";
import type { GatewayCore } from "./gateway-core.ts";
import type { Admitted, Asking } from "./admitted.ts";
import type { CachedAnswer } from "./response-cache.ts";
import type { Call, Exchange, Reply } from "../wire/transport.ts";

/** An exchange that is over before the client could leave. */
const answered: Exchange = { clientLeft() {}, drained() {} };

/** No engine had a part in it. */
const nowhere = { replicas: [], queueMs: [], loadKnown: [], targetTokens: 0, tokens: 0 };

/** Gives an answer again that was made before; a stream comes in one piece. */
export function repeatAnswer(
  core: GatewayCore,
  call: Call,
  reply: Reply,
  asked: Asking,
  found: CachedAnswer,
): Exchange {
  const { row, target, budgetMs } = found;
  const admitted: Admitted = { ...asked, placement: nowhere, routes: core.routesFor(asked.slo, asked) };
  const ageS = Math.floor((core.clock.monotonicMs() - found.storedMs) / 1_000);
  const headers = ["content-type", headerSafe(found.contentType), "cache-control", "no-store", "age", String(ageS)];
  headers.push("x-request-id", asked.requestId, "x-disperse-request-id", asked.requestId);
  headers.push("x-disperse-cache", "hit", "x-disperse-site", headerSafe(row.site), "x-disperse-tier", row.tier);
  headers.push("x-disperse-reason", "cache", "x-disperse-attempts", "0");
  if (row.emulated) headers.push("x-disperse-emulated", "true");
  reply.send(200, headers, found.body, true);
  // Nobody was asked, but whoever looks at the route wants to know where the answer came from.
  const route = core.keptRoutes.keep(admitted, { target, fallbacks: [], rejected: [], budgetMs });
  core.keptRoutes.tried(route, {
    number: 0,
    reason: "cache",
    replica: -1,
    outcome: "cached",
    status: row.status,
    startedAfterMs: 0,
    ttftMs: null,
    durationMs: core.clock.monotonicMs() - asked.receivedMs,
  });
  core.accounts.settle(asked.reservation, { nanoUsd: 0, tokens: 0 });
  core.books.repeated(admitted, found, call.bodyBytes);
  core.books.finished(admitted, {
    endedMs: core.clock.monotonicMs(),
    outcome: "cached",
    target,
    attempts: 0,
    firstContentMs: null,
    inFlight: core.inFlight.size,
    error: null,
  });
  return answered;
}
