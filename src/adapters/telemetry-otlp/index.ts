/** Traces and metrics to an OpenTelemetry collector, as OTLP over HTTP in JSON. */
export { createOtlpExporter, type OtlpOptions } from "./otlp-exporter.ts";
