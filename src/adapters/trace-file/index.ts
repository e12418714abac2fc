export { readTraceFile, TraceFileError, type TraceFile } from "./trace-file.ts";
export { readClientProfiles } from "./client-profiles.ts";
export { readRateCurve } from "./rate-curve.ts";
