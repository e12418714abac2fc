import type { Mesh } from "../../serve/index.ts";

export interface MemoryMesh {
  /** A gateway's connection to it. */
  join(): Mesh;
  /** While it is cut, nobody hears anything; what is said then is lost. */
  cut: boolean;
}

/** A control network inside one process. */
export function createMemoryMesh(): MemoryMesh {
  const listeners = new Set<(text: string) => void>();
  const network: MemoryMesh = {
    cut: false,
    join() {
      const own = new Set<(text: string) => void>();
      return {
        publish(text) {
          if (network.cut) return;
          for (const heard of listeners) queueMicrotask(() => listeners.has(heard) && heard(text));
        },
        listen(heard) {
          // One that listens twice is two listeners.
          const listener = (text: string) => heard(text);
          own.add(listener);
          listeners.add(listener);
          return () => void listeners.delete(listener);
        },
        async close() {
          for (const listener of own) listeners.delete(listener);
        },
      } satisfies Mesh;
    },
  };
  return network;
}
