/** Measures a live server that speaks OpenAI's API, with few and bounded requests. */
export { probeServer, type ProbeCell, type ProbeOptions, type ProbeOutcome } from "./probe-server.ts";
export { ProbeRefused } from "./probe-refused.ts";
