export { mergeMetrics } from "./merge-metrics.ts";
export {
  createPrometheusTelemetry,
  renderMetrics,
  type CollectedFamily,
  type PrometheusTelemetry,
} from "./prometheus-telemetry.ts";
