import type { Metric } from "../wire/ports.ts";

/**
 * Bounds for first tokens, seconds. They include the budgets interactive uses are sold with: 15 ms (games), 20 ms
 * (shops), 50 ms (agents).
 */
const ttftBuckets = [
  0.005, 0.01, 0.015, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 30,
];
const durationBuckets = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600];
const waitBuckets = [0, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const overheadBuckets = [0.00005, 0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.05];

/** Every metric the gateway exports. Names follow Prometheus' rules: base units, `_total` for counters. */
export const metrics = {
  requests: {
    name: "disperse_requests_total",
    help: "Finished requests by workload, site that answered (empty when none) and outcome.",
  },
  attempts: { name: "disperse_attempts_total", help: "Attempts at engines by site and outcome." },
  refusals: { name: "disperse_refusals_total", help: "Requests the gateway answered with an error, by code." },
  ttft: {
    name: "disperse_time_to_first_token_seconds",
    help: "From the request's arrival at the gateway to the first content sent on; the user's network is not in it.",
    buckets: ttftBuckets,
  },
  duration: {
    name: "disperse_request_duration_seconds",
    help: "From the request's arrival to the last byte handed to the client's socket.",
    buckets: durationBuckets,
  },
  dispatch: {
    name: "disperse_dispatch_seconds",
    help: "From the request's arrival to its hand-over to an engine: parsing, admission and decision.",
    buckets: overheadBuckets,
  },
  tokens: { name: "disperse_tokens_total", help: "Tokens by workload, site and kind (input, cached, output)." },
  egress: { name: "disperse_egress_bytes_total", help: "Response bytes that left a site towards users." },
  charge: { name: "disperse_charge_nanousd_total", help: "Charged money by workload, in billionths of a US dollar." },
  cache: {
    name: "disperse_cache_lookups_total",
    help: "Requests that could be answered from the response cache, by result (hit, miss).",
  },
  ledgerFailures: {
    name: "disperse_ledger_failures_total",
    help: "Batches of ledger rows the store refused; they are handed over again.",
  },
  queued: { name: "disperse_queued_requests", help: "Requests that wait for room at an engine." },
  queueWait: {
    name: "disperse_queue_wait_seconds",
    help: "Wait for room at an engine, by priority; requests that need not wait count as 0.",
    buckets: waitBuckets,
  },
  shed: { name: "disperse_shed_requests_total", help: "Requests sent away because engines had no room, by priority." },
  engineSignalAge: {
    name: "disperse_engine_signal_age_seconds",
    help: "Age of what a real engine last said about its load; absent while it has said nothing.",
  },
  engineDrain: {
    name: "disperse_engine_drain_seconds",
    help: "Wait before prefill that routing expects at a real engine, by site and workload.",
  },
  engineRequests: {
    name: "disperse_engine_requests",
    help: "Requests a real engine says are running or waiting (state), from whomever they came.",
  },
  engineKvUsage: {
    name: "disperse_engine_kv_usage_ratio",
    help: "Share of its KV memory a real engine says is in use.",
  },
  engineHealth: {
    name: "disperse_engine_health_ratio",
    help: "1 = a real engine takes requests, 0 = it does not, in between = suspected after failures.",
  },
  engineInFlight: {
    name: "disperse_engine_in_flight_requests",
    help: "Requests of this gateway that run at an engine now, by site and workload; absent where none ever did.",
  },
  handovers: {
    name: "disperse_handovers_total",
    help: "Finished requests that another gateway of the mesh handed over, by gateway and outcome; they count nowhere else here.",
  },
  handoversRefused: {
    name: "disperse_handovers_refused_total",
    help: "Requests with a statement of another gateway that does not hold: forged, used, old, or for somebody else.",
  },
  meshConnected: {
    name: "disperse_mesh_connected",
    help: "1 = texts go round in the control network of the mesh, 0 = it is away; absent without a mesh.",
  },
  meshRefused: {
    name: "disperse_mesh_reports_refused_total",
    help: "Reports in the control network that were not taken, by reason (forged, old, twin).",
  },
  peerAge: {
    name: "disperse_mesh_peer_age_seconds",
    help: "Age of what another gateway last told of itself; NaN while it has told nothing.",
  },
  peerPlan: {
    name: "disperse_mesh_peer_same_plan",
    help: "1 = another gateway serves the same plan and period as this one, 0 = another, and may refuse what is handed over; NaN while unknown.",
  },
  peerStanding: {
    name: "disperse_mesh_peer_up",
    help: "1 = another gateway is heard, 0.5 = its load is unknown, 0 = it is suspected or gone.",
  },
  drainedRunning: {
    name: "disperse_drained_running_requests",
    help: "Requests still running at what an operator has taken out, by site and workload (empty = all of the site); NaN once it was put back.",
  },
  configReloads: {
    name: "disperse_config_reloads_total",
    help: "Reloads of the configuration or of the keys alone, by result (applied, refused).",
  },
  configLoaded: {
    name: "disperse_config_loaded_timestamp_seconds",
    help: "When the configuration in force was read, seconds since 1970 UTC.",
  },
  inFlight: { name: "disperse_in_flight_requests", help: "Requests being served now." },
} as const satisfies Record<string, Metric>;
