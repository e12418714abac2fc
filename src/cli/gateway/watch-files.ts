import { statSync, unwatchFile, watchFile } from "node:fs";

/** How often files are looked at. Looking also notices files that are exchanged by a link, as container platforms do. */
const everyMs = 500;
/** Several files of one change are taken together. */
const settleMs = 300;

/**
 * Calls `changed` after any of the files was written, exchanged or removed, also between `sinceMs` (by the clock on the wall), when they
 * were read, and now. Returns a function that ends it.
 */
export function watchFiles(paths: readonly string[], changed: () => void, sinceMs: number): () => void {
  let timer: NodeJS.Timeout | null = null;
  const notice = () => {
    if (timer) clearTimeout(timer);
    timer = setTimeout(changed, settleMs);
  };
  for (const path of paths) watchFile(path, { interval: everyMs, persistent: false }, notice);
  // Moving a file to its place changes when its entry was changed, not when it was written.
  if (paths.some((path) => (statSync(path, { throwIfNoEntry: false })?.ctimeMs ?? sinceMs) >= sinceMs)) notice();
  return () => {
    if (timer) clearTimeout(timer);
    for (const path of paths) unwatchFile(path, notice);
  };
}
