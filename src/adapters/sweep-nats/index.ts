export { createSweepNats } from "./coordinator.ts";
export { serveSweepCases, type SweepWorkerOptions } from "./worker.ts";
export { connectNats, type NatsConnection } from "./streams.ts";
