/** Resolves at the first Ctrl-C or termination signal; a second one ends the process at once. */
export function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    const signals = ["SIGINT", "SIGTERM"] as const;
    const stop = () => {
      for (const signal of signals) {
        process.off(signal, stop);
        process.on(signal, () => process.exit(130));
      }
      resolve();
    };
    for (const signal of signals) process.on(signal, stop);
  });
}
