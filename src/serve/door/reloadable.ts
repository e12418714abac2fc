import type { ToldRoute } from "../request/explanation.ts";
import type { Gateway } from "./gateway-parts.ts";

export interface ReloadableGateway extends Gateway {
  /**
   * Puts another gateway in place for all requests from now on. Requests under way finish at the old one, which is
   * stopped after at most `graceMs`; resolves then. Build the new gateway before calling this: when building it fails,
   * nothing has changed, and the last good configuration goes on serving.
   */
  replace(next: Gateway, graceMs: number): Promise<void>;
  /** The route of a request that a gateway before the present one took, as long as that one is remembered. */
  earlierRouteOf(requestId: string): ToldRoute | null;
}

/** Gateways that have ended and still tell where requests went: each holds its plan in memory. */
const endedKept = 1;

/** A gateway that can be exchanged under a running transport, without losing a connection or a request. */
export function createReloadable(first: Gateway): ReloadableGateway {
  let current = first;
  const retiring = new Map<Gateway, Promise<void>>();
  const ended: Gateway[] = [];
  const earlierRouteOf = (requestId: string): ToldRoute | null => {
    for (const gateway of [...retiring.keys(), ...ended]) {
      const route = gateway.routeOf(requestId);
      if (route !== null) return route;
    }
    return null;
  };
  return {
    handle: (call, reply) => current.handle(call, reply),
    senderOf: (head) => current.senderOf(head),
    refuse: (reply, error, head) => current.refuse(reply, error, head),
    observe: () => current.observe(),
    engineReports: () => current.engineReports(),
    routeOf: (requestId) => current.routeOf(requestId) ?? earlierRouteOf(requestId),
    earlierRouteOf,
    async replace(next, graceMs) {
      const old = current;
      current = next;
      const stopped = old.stop(graceMs);
      retiring.set(old, stopped);
      await stopped.finally(() => {
        retiring.delete(old);
        ended.unshift(old);
        ended.length = Math.min(ended.length, endedKept);
      });
    },
    async stop(graceMs) {
      for (const gateway of retiring.keys()) void gateway.stop(graceMs);
      await Promise.all([current.stop(graceMs), ...retiring.values()]);
    },
  };
}
