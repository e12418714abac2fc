export { createSweepThreads } from "./sweep-threads.ts";
export type { FromSweepThread, ToSweepThread } from "./thread-messages.ts";
