export { readTraceFile, TraceFileError, TraceFormError, type TraceFile } from "./trace-file.ts";
export { readClientProfiles } from "./client-profiles.ts";
export { readRateCurve } from "./rate-curve.ts";
