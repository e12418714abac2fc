import { apiError, type ApiError } from "../wire/api-error.ts";
import { asciiJson } from "../wire/byte-text.ts";
import type { Drain, Drains } from "../mesh/drains.ts";
import { isForeignPage, type OperatorAccess } from "../account/operator-access.ts";
import type { ByteText, Clock } from "../wire/ports.ts";
import type { Call } from "../wire/transport.ts";

export interface OperatorCallParts {
  /** Sites and workloads that have an engine here. */
  readonly places: readonly { readonly site: string; readonly workloads: readonly string[] }[];
  readonly drains: Drains;
  readonly access: OperatorAccess;
  readonly clock: Clock;
}

export type OperatorAnswer =
  | { readonly ok: true; readonly body: ByteText }
  | { readonly ok: false; readonly error: ApiError; readonly headers: readonly string[] };

const root = "/admin/drains";
const longestReason = 200;

/** Whether a path is one of these endpoints. */
export function isOperatorPath(path: string): boolean {
  return path === "/admin" || path.startsWith("/admin/");
}

/**
 * What operators do to a running gateway: `GET /admin/drains`, `POST /admin/drains {site, workload, reason}`,
 * `DELETE /admin/drains/{site}[/{workload}]`.
 */
export function createOperatorCalls(parts: OperatorCallParts): (call: Call) => OperatorAnswer {
  const { drains, access, clock, places } = parts;
  const show = (drain: Drain) => ({
    object: "disperse.drain",
    site: drain.site,
    workload: drain.workload,
    since: Math.floor(drain.sinceEpochMs / 1_000),
    reason: drain.reason,
    running: drains.running(drain),
  });

  function add(call: Call): OperatorAnswer {
    if (!/^application\/json\b/i.test(call.header("content-type") ?? "")) {
      // A page elsewhere can send forms and plain text without asking first, and no JSON.
      return wrong("Send JSON with content-type application/json.");
    }
    const fields = parse(call.body);
    if (fields === null) return { ok: false, error: apiError("invalid_json"), headers: [] };
    const { site, workload = null, reason = null, ...others } = fields;
    const [odd] = Object.keys(others);
    if (odd !== undefined) return wrong(`\`${odd.slice(0, 40)}\` is no field of a drain.`, odd.slice(0, 40));
    if (typeof site !== "string") return wrong("`site` must be the id of a site.", "site");
    if (workload !== null && typeof workload !== "string") return wrong("`workload` must be an id.", "workload");
    if (reason !== null && (typeof reason !== "string" || reason.length > longestReason)) {
      return wrong(`\`reason\` must be a text of at most ${longestReason} characters.`, "reason");
    }
    const here = places.filter((place) => place.site === site);
    if (here.length === 0) return wrong(`There is no engine at a site \`${site.slice(0, 100)}\`.`, "site");
    if (workload !== null && !here.some(({ workloads }) => workloads.includes(workload))) {
      const known = [...new Set(here.flatMap(({ workloads }) => workloads))].join(", ");
      return wrong(`No engine at ${site} serves \`${workload.slice(0, 100)}\`; there are ${known}.`, "workload");
    }
    return told(show(drains.add({ site, workload, sinceEpochMs: clock.epochMs(), reason })));
  }

  function remove(rest: string): OperatorAnswer {
    const [site, workload = null, ...more] = rest.split("/").map(decoded);
    if (!site || more.length > 0) return missing();
    if (!drains.remove(site, workload)) return missing();
    return told({ object: "disperse.drain.removed", site, workload, removed: true });
  }

  return (call) => {
    const { method, path } = call;
    const reads = method === "GET" || method === "HEAD";
    const entry = access.enter(call, reads ? "viewer" : "operator");
    if (!entry.ok) return entry;
    if (!reads && isForeignPage(call)) {
      const detail = "A page of another origin may not do this.";
      return { ok: false, error: apiError("insufficient_scope", { detail }), headers: [] };
    }
    if (path === root && reads) return told({ object: "list", data: drains.all.map(show) });
    if (path === root && method === "POST") return add(call);
    if (path.startsWith(`${root}/`) && method === "DELETE") return remove(path.slice(root.length + 1));
    if (path === root || path.startsWith(`${root}/`)) {
      return { ok: false, error: apiError("method_not_allowed"), headers: [] };
    }
    return { ok: false, error: apiError("not_found"), headers: [] };
  };
}

function told(value: object): OperatorAnswer {
  return { ok: true, body: asciiJson(value) };
}

function wrong(detail: string, param?: string): OperatorAnswer {
  return { ok: false, error: apiError("invalid_request", { detail, ...(param && { param }) }), headers: [] };
}

function missing(): OperatorAnswer {
  const detail = "Nothing of that name is drained.";
  return { ok: false, error: apiError("not_found", { detail, hint: "`disperse drain` lists what is." }), headers: [] };
}

function parse(body: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
