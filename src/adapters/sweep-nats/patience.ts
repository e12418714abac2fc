/** Between two looks at a server, ms. */
export const lookEveryMs = 1000;

/** So often in a row a server may fail to answer before one gives up; it is looked at once a second. */
export const mostFailures = 30;

export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
  });
}
