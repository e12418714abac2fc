import type { Gateway } from "./gateway.ts";

export interface ReloadableGateway extends Gateway {
  /**
   * Puts another gateway in place for all requests from now on. Requests under way finish at the old one, which is
   * stopped after at most `graceMs`; resolves then. Build the new gateway before calling this: when building it fails,
   * nothing has changed, and the last good configuration goes on serving.
   */
  replace(next: Gateway, graceMs: number): Promise<void>;
}

/** A gateway that can be exchanged under a running transport, without losing a connection or a request. */
export function createReloadable(first: Gateway): ReloadableGateway {
  let current = first;
  const retiring = new Set<Promise<void>>();
  return {
    handle: (call, reply) => current.handle(call, reply),
    refuse: (reply, error, head) => current.refuse(reply, error, head),
    observe: () => current.observe(),
    routeOf: (requestId) => current.routeOf(requestId),
    unsavedRows: () => current.unsavedRows(),
    async replace(next, graceMs) {
      const old = current;
      current = next;
      const stopped = old.stop(graceMs);
      retiring.add(stopped);
      await stopped.finally(() => retiring.delete(stopped));
    },
    async stop(graceMs) {
      await Promise.all([current.stop(graceMs), ...retiring]);
    },
  };
}
