import { useRefreshed } from "./refreshed.ts";

/** A site, or the engines of one workload there, that an operator has taken out of the running mesh. */
export interface ShownDrain {
  readonly site: string;
  /** Null = all of the site. */
  readonly workload: string | null;
  /** Seconds since 1970 UTC. */
  readonly since: number;
  readonly reason: string | null;
  readonly running: number;
}

const everyMs = 5_000;

/** What is out of service now; nothing where no gateway says so. */
export function useDrains(): readonly ShownDrain[] {
  const { resource } = useRefreshed<{ readonly data?: readonly ShownDrain[] }>("/admin/drains", everyMs);
  return resource.state === "ready" ? (resource.value.data ?? []) : none;
}

const none: readonly ShownDrain[] = [];
