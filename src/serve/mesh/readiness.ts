import type { Drain } from "./drains.ts";
import type { GroupState } from "./mesh-state.ts";

/** Body and status of `GET /readyz`: whether a new request could go anywhere, and what operators have taken out. */
export function readiness(
  groups: readonly GroupState[],
  drains: readonly Drain[],
  stopping: boolean,
): { readonly status: number; readonly body: object } {
  // For one that is at its limit requests wait here, in order: a busy gateway is a ready one.
  const open = groups.filter((state) => state.health.value > 0 || state.isBusy);
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
      ...(drains.length > 0 && { drained: drains.map(({ site, workload }) => ({ site, workload })) }),
    },
  };
}
