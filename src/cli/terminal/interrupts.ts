/**
 * Ctrl-C reaches a process twice when a wrapper in the same terminal passes it on; a second signal this soon after the
 * first is the same wish, not impatience.
 */
const echoMs = 500;

/**
 * Calls `stop` at the first Ctrl-C or termination signal; a later one ends the process at once. Returns a function that
 * takes the listeners away.
 */
export function onInterrupt(stop: () => void): () => void {
  let firstMs: number | null = null;
  const hear = () => {
    if (firstMs === null) {
      firstMs = performance.now();
      stop();
    } else if (performance.now() - firstMs > echoMs) process.exit(130);
  };
  const signals = ["SIGINT", "SIGTERM"] as const;
  for (const signal of signals) process.on(signal, hear);
  return () => {
    for (const signal of signals) process.off(signal, hear);
  };
}

/** Resolves at the first Ctrl-C or termination signal; a second one still ends the process at once. */
export function untilStopped(): Promise<void> {
  return new Promise((resolve) => void onInterrupt(resolve));
}
