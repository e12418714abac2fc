export { createPrometheusTelemetry, type PrometheusTelemetry } from "./prometheus-telemetry.ts";
