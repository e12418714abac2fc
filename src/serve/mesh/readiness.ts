import type { Drain } from "./drains.ts";
import type { GroupState } from "./mesh-state.ts";
import type { Peers } from "./peers.ts";

/** Body and status of `GET /readyz`: whether a new request could go anywhere, and what operators have taken out. */
export function readiness(
  groups: readonly GroupState[],
  drains: readonly Drain[],
  stopping: boolean,
  peers: Peers | null,
  nowMs: number,
): { readonly status: number; readonly body: object } {
  // One of which nothing is known may be asked. For one that is at its limit requests wait here, in order: a busy gateway is a ready one.
  const open = groups.filter((state) => state.health.value !== 0 || state.isBusy);
  const ready = !stopping && open.some((state) => !state.silent);
  const allDrained = groups.length > 0 && groups.every(({ drained, engine }) => drained || engine === null);
  const word = ready
    ? "ready"
    : stopping
      ? "stopping"
      : allDrained
        ? "drained"
        : open.length > 0
          ? "no engine answers"
          : "no engine";
  return {
    status: ready ? 200 : 503,
    body: {
      status: word,
      ...(peers !== null && { mesh: meshBody(peers, nowMs) }),
      ...(drains.length > 0 && { drained: drains.map(({ site, workload }) => ({ site, workload })) }),
    },
  };
}

/** A gateway that hears no other one serves at its own sites, and is ready for that. */
function meshBody(peers: Peers, nowMs: number): object {
  const heard = peers.others.filter((peer) => peer.standing(nowMs) === "fresh");
  return {
    network: peers.networkWorks(nowMs) ? "works" : "away",
    gateways_heard: heard.length,
    gateways: peers.others.length,
  };
}
