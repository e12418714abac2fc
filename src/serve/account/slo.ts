/**
 * How much a caller minds being late. `budget`: the workload's first-token budget holds, and a request that cannot be in
 * time is refused. `best-effort`: late is better than never. `batch`: any time will do, at the core, when there is room.
 */
export const slos = ["budget", "best-effort", "batch"] as const;

export type Slo = (typeof slos)[number];

/** The class a request asks for, else that of its key; null when it asks for one that does not exist. */
export function sloOf(asked: string | undefined, granted: Slo | undefined): Slo | null {
  if (asked === undefined) return granted ?? "budget";
  return slos.find((slo) => slo === asked) ?? null;
}
