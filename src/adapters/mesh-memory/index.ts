import type { Mesh, SiteReport } from "../../serve/index.ts";

/** A mesh inside one process: gateways that share the returned object see each other's reports at once. */
export function createMemoryMesh(): Mesh {
  const latest = new Map<string, SiteReport>();
  return {
    publish(report) {
      const known = latest.get(report.site);
      // Reports may be handed over out of order; an older one must not undo a newer one.
      if (!known || known.epochMs <= report.epochMs) latest.set(report.site, report);
    },
    reports: () => [...latest.values()],
    close: async () => latest.clear(),
  } satisfies Mesh;
}
