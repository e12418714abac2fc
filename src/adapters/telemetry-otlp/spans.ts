import { randomBytes } from "node:crypto";
import type { RequestRecord } from "../../serve/index.ts";
import { genAi, operationOf } from "./gen-ai-names.ts";
import { attributesOf, spanKind, statusCode, unixNano } from "./otlp-json.ts";

const traceparentForm = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})/;

/**
 * One span for a request and one below it for every attempt. They join the caller's trace when it sent a `traceparent`;
 * a caller that says its trace is not recorded gets none here either (null).
 */
export function spansOf(record: RequestRecord): object[] | null {
  const match = traceparentForm.exec(record.traceparent ?? "");
  const parent = match && !/^0+$/.test(match[1]!) && !/^0+$/.test(match[2]!) ? match : null;
  if (parent && (Number.parseInt(parent[3]!, 16) & 1) === 0) return null;
  const traceId = parent?.[1] ?? hex(16);
  const spanId = hex(8);
  const operation = operationOf(record.path);
  const failed = record.error !== null || !["served", "client-left", "cached"].includes(record.outcome);
  const root = {
    traceId,
    spanId,
    ...(parent && { parentSpanId: parent[2]! }),
    name: record.model === null ? "request" : `${operation} ${record.model}`,
    kind: spanKind.server,
    startTimeUnixNano: unixNano(record.epochMs),
    endTimeUnixNano: unixNano(record.epochMs + record.durationMs),
    attributes: attributesOf({
      [genAi.operationName]: operation,
      [genAi.providerName]: "disperse",
      [genAi.requestModel]: record.model,
      [genAi.errorType]: record.error ?? (failed ? record.outcome : null),
      "http.route": record.path,
      "disperse.request.id": record.requestId,
      "disperse.account": record.accountId,
      "disperse.key": record.keyId,
      "disperse.workload": record.workload,
      "disperse.area": record.area,
      "disperse.site": record.site,
      "disperse.outcome": record.outcome,
      "disperse.attempts": record.attempts.length,
      "disperse.charge_nanousd": record.chargeNanoUsd,
      "disperse.ttft_ms": record.ttftMs,
    }),
    status: { code: failed ? statusCode.error : statusCode.unset },
  };
  const attempts = record.attempts.map((attempt) => {
    const startMs = record.epochMs + attempt.startMs;
    const attemptFailed = ["upstream-failed", "timeout"].includes(attempt.outcome);
    return {
      traceId,
      spanId: hex(8),
      parentSpanId: spanId,
      name: `attempt ${attempt.number} ${attempt.site}`,
      kind: spanKind.client,
      startTimeUnixNano: unixNano(startMs),
      endTimeUnixNano: unixNano(startMs + attempt.durationMs),
      attributes: attributesOf({
        [genAi.operationName]: operation,
        [genAi.requestModel]: record.model,
        [genAi.inputTokens]: attempt.inputTokens,
        [genAi.outputTokens]: attempt.outputTokens,
        [genAi.cachedTokens]: attempt.cachedTokens,
        [genAi.errorType]: attemptFailed ? attempt.outcome : null,
        "http.response.status_code": attempt.status === 0 ? null : attempt.status,
        "disperse.site": attempt.site,
        "disperse.tier": attempt.tier,
        "disperse.owner": attempt.owner,
        "disperse.emulated": attempt.emulated,
        "disperse.outcome": attempt.outcome,
        "disperse.ttft_ms": attempt.ttftMs,
      }),
      events:
        attempt.ttftMs === null ? [] : [{ name: "first token", timeUnixNano: unixNano(startMs + attempt.ttftMs) }],
      status: { code: attemptFailed ? statusCode.error : statusCode.unset },
    };
  });
  return [root, ...attempts];
}

function hex(bytes: number): string {
  return randomBytes(bytes).toString("hex");
}
