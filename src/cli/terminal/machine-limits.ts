import { readFileSync } from "node:fs";
import { totalmem } from "node:os";

/** Files and connections this process may have open at the same time; null where the system does not say. */
export function descriptorLimit(): number | null {
  try {
    const soft = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1];
    return soft === undefined ? null : Number(soft);
  } catch {
    return null;
  }
}

/** Memory this process and others beside it may take: the machine's, or what it is confined to, bytes. */
export function memoryLimit(): number {
  const confined = process.constrainedMemory();
  return confined > 0 ? Math.min(confined, totalmem()) : totalmem();
}
