/** What a careless room might do; each of these must be noticed, or the run proves nothing. */
export const offences: Readonly<Record<string, () => unknown>> = {
  "Date.now": () => Date.now(),
  "new Date() without arguments": () => new Date(),
  "Date()": () => Date(),
  "Math.random": () => Math.random(),
  performance: () => performance.now(),
  crypto: () => crypto.randomUUID(),
  process: () => process.env["HOME"],
  console: () => globalThis.console,
  Buffer: () => Buffer.from("here"),
  setTimeout: () => setTimeout(() => undefined, 1),
  setInterval: () => setInterval(() => undefined, 1),
  setImmediate: () => setImmediate(() => undefined),
  queueMicrotask: () => queueMicrotask(() => undefined),
  fetch: () => fetch("http://127.0.0.1:9/"),
};
