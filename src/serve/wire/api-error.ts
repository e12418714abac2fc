import { asciiJson } from "./byte-text.ts";
import type { ByteText } from "./ports.ts";

interface ErrorEntry {
  readonly status: number;
  /** OpenAI's coarse class, which client libraries switch on. */
  readonly type: string;
  /** Said when the caller of `apiError` has nothing more precise. */
  readonly message: string;
  /** What the reader can do about it. */
  readonly hint: string;
}

/** Every error the gateway itself can answer with. The key is the `code` field of the body. */
export const errorRegistry = {
  invalid_json: {
    status: 400,
    type: "invalid_request_error",
    message: "The body is not valid JSON.",
    hint: "Send one JSON object with content-type application/json.",
  },
  invalid_request: {
    status: 400,
    type: "invalid_request_error",
    message: "The request is not understood.",
    hint: "Compare it with the OpenAI API reference.",
  },
  unknown_area: {
    status: 400,
    type: "invalid_request_error",
    message: "The header x-disperse-area names no known area.",
    hint: "Use the id of an area of the scenario, or leave the header out.",
  },
  unknown_access: {
    status: 400,
    type: "invalid_request_error",
    message: "The header x-disperse-access names no known access type.",
    hint: "Use the id of an access type of the scenario, or leave the header out.",
  },
  invalid_api_key: {
    status: 401,
    type: "authentication_error",
    message: "The API key is missing, unknown, expired or revoked.",
    hint: "Send a valid key as `Authorization: Bearer …`.",
  },
  operator_key_required: {
    status: 401,
    type: "authentication_error",
    message: "Console, metrics and administration ask for a key that may see them.",
    hint: "Send it as `Authorization: Bearer …`, or as the password in a browser.",
  },
  insufficient_scope: {
    status: 403,
    type: "permission_error",
    message: "The API key may not do this.",
    hint: "Ask the owner of the key for a wider scope.",
  },
  local_callers_only: {
    status: 403,
    type: "permission_error",
    message: "Without a key for them, console, metrics and administration are for callers on this machine only.",
    hint: "Give a key the role viewer or operator (disperse keys create --role), or start with --operator-key-env; --open-console shows console and metrics to everyone.",
  },
  handover_refused: {
    status: 403,
    type: "permission_error",
    message: "The statement with which a gateway handed this request over does not hold.",
    hint: "Compare the mesh files of both gateways, their plans and their clocks.",
  },
  residency_refused: {
    status: 403,
    type: "permission_error",
    message: "No site where this data may be processed can serve the request.",
    hint: "Place capacity inside the allowed countries; the request was not sent anywhere.",
  },
  not_found: {
    status: 404,
    type: "invalid_request_error",
    message: "There is nothing at this path.",
    hint: "Look at GET /v1/models for what can be asked.",
  },
  model_not_found: {
    status: 404,
    type: "invalid_request_error",
    message: "The model does not exist here.",
    hint: "GET /v1/models lists the ids that work.",
  },
  previous_response_not_found: {
    status: 400,
    type: "invalid_request_error",
    message: "The previous response is not kept here.",
    hint: "Send the whole conversation as input, with store: true to go on from it by id.",
  },
  method_not_allowed: {
    status: 405,
    type: "invalid_request_error",
    message: "The method is not supported at this path.",
    hint: "Use POST for inference and GET for everything else.",
  },
  request_timeout: {
    status: 408,
    type: "invalid_request_error",
    message: "The request did not arrive in time.",
    hint: "Send headers and body without long pauses.",
  },
  request_too_large: {
    status: 413,
    type: "invalid_request_error",
    message: "The request is larger than this gateway accepts.",
    hint: "Send a smaller request.",
  },
  unsupported_encoding: {
    status: 415,
    type: "invalid_request_error",
    message: "The body is packed in a way that is not read here.",
    hint: "Send it as it is, or with content-encoding gzip, deflate or br.",
  },
  rate_limit_exceeded: {
    status: 429,
    type: "rate_limit_error",
    message: "Too many requests for this key.",
    hint: "Wait for the time in Retry-After.",
  },
  insufficient_quota: {
    status: 429,
    type: "insufficient_quota",
    message: "The budget of this key is used up or reserved by requests in flight.",
    hint: "Raise the budget or wait for running requests to settle.",
  },
  overloaded: {
    status: 429,
    type: "rate_limit_error",
    message: "Every site that may serve this request is at its limit.",
    hint: "Wait for the time in Retry-After.",
  },
  headers_too_large: {
    status: 431,
    type: "invalid_request_error",
    message: "The header fields are larger than this gateway accepts.",
    hint: "Send fewer or shorter headers.",
  },
  upstream_failed: {
    status: 502,
    type: "upstream_error",
    message: "The engine failed and no other allowed site could take over.",
    hint: "Try again; GET /v1/routes/{id} with the x-disperse-request-id shows what was tried.",
  },
  http_version_not_supported: {
    status: 505,
    type: "invalid_request_error",
    message: "HTTP/1.1 and HTTP/1.0 are spoken here.",
    hint: "Have the client send HTTP/1.1, or put a proxy in between that speaks both.",
  },
  latency_unreachable: {
    status: 503,
    type: "slo_unreachable",
    message: "No site can deliver the first token within the budget of this workload from here.",
    hint: "Send x-disperse-slo: best-effort to be served late, or see the plan for what would make it feasible.",
  },
  no_site: {
    status: 503,
    type: "service_unavailable",
    message: "No site can serve the request.",
    hint: "GET /v1/routes/{id} with the x-disperse-request-id shows why each was refused.",
  },
  ledger_unavailable: {
    status: 503,
    type: "service_unavailable",
    message: "The ledger cannot be written, and nothing is served that could not be accounted for.",
    hint: "Free the disk or database behind the ledger.",
  },
  files_unavailable: {
    status: 503,
    type: "service_unavailable",
    message: "Files cannot be read or written.",
    hint: "Free the disk behind the files.",
  },
  shutting_down: {
    status: 503,
    type: "service_unavailable",
    message: "The gateway is stopping.",
    hint: "Send the request to another gateway.",
  },
  upstream_timeout: {
    status: 504,
    type: "upstream_error",
    message: "The engine did not answer in time and no other allowed site could take over.",
    hint: "Try again; who runs the gateway sets its limits (--first-token-timeout, --answer-timeout, --idle-timeout).",
  },
  internal_error: {
    status: 500,
    type: "server_error",
    message: "The gateway made a mistake.",
    hint: "Report it with the x-disperse-request-id.",
  },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof errorRegistry;

/** An error ready to be sent. */
export interface ApiError {
  readonly code: ErrorCode;
  readonly status: number;
  readonly type: string;
  readonly message: string;
  readonly param: string | null;
  readonly retryAfterMs: number | null;
}

/** An error of the registry; `detail` replaces its general message, and `hint` the hint that follows where another helps. */
export function apiError(
  code: ErrorCode,
  details: { detail?: string; hint?: string; param?: string; retryAfterMs?: number } = {},
): ApiError {
  const entry: ErrorEntry = errorRegistry[code];
  return {
    code,
    status: entry.status,
    type: entry.type,
    message: `${details.detail ?? entry.message} ${details.hint ?? entry.hint}`,
    param: details.param ?? null,
    retryAfterMs: details.retryAfterMs ?? null,
  };
}

/** The body in OpenAI's shape: `{"error": {message, type, param, code}}`. */
export function errorBody({ message, type, param, code }: ApiError): ByteText {
  return asciiJson({ error: { message, type, param, code } });
}
