import type { Gateway } from "./gateway-parts.ts";
import type { Call, Exchange, Reply } from "../wire/transport.ts";

/** Pages of which origins may call the API: `https://app.example` and the like, or all. */
export type CorsOrigins = readonly string[] | "*";

/** How long a browser need not ask again, s. Chromium's own limit is two hours, seen 2026-11. */
const preflightMaxAgeS = 7_200;
/** Fields of answers that scripts may read besides the few that browsers let them read anyway. */
const readable =
  "retry-after, x-request-id, x-disperse-request-id, x-disperse-site, x-disperse-tier, x-disperse-reason, " +
  "x-disperse-attempts, x-disperse-budget-ms, x-disperse-cost-usd, x-disperse-cache, x-disperse-redacted, " +
  "x-disperse-emulated, x-disperse-token-source";
/** Names of header fields, as browsers list them in lower case. */
const fieldNames = /^[a-z0-9!#$%&'*+.^_`|~-]{1,100}(?:\s*,\s*[a-z0-9!#$%&'*+.^_`|~-]{1,100}){0,50}$/i;

const answered: Exchange = { clientLeft() {}, drained() {} };

/**
 * Lets scripts of web pages call the API (CORS, WHATWG Fetch 2026-11): tells their browsers so, before and with each
 * answer. Only the API: console, metrics and what operators do trust whoever sits at this machine, and a page they have
 * open is not them. Credentials are not let through, so a script must bring a key of its own.
 */
export function withCors(gateway: Gateway, origins: CorsOrigins): Gateway {
  const allowed = origins === "*" ? null : new Set(origins);
  const granted = (call: Call): string | null => {
    if (!call.path.startsWith("/v1/") || call.path.startsWith("/v1/routes/")) return null;
    const origin = call.header("origin");
    if (origin === undefined) return null;
    if (allowed === null) return "*";
    return allowed.has(origin.toLowerCase()) ? origin : null;
  };

  return {
    ...gateway,
    refuse(reply, error, head) {
      const origin = head === undefined ? null : granted(head);
      gateway.refuse(origin === null ? reply : opened(reply, origin), error, head);
    },
    handle(call, reply) {
      const origin = granted(call);
      if (origin === null) return gateway.handle(call, reply);
      if (call.method === "OPTIONS" && call.header("access-control-request-method") !== undefined) {
        const asked = call.header("access-control-request-headers");
        const fields = fieldsFor(origin);
        fields.push("access-control-allow-methods", "GET, HEAD, POST, DELETE");
        if (asked !== undefined && fieldNames.test(asked)) fields.push("access-control-allow-headers", asked);
        fields.push("access-control-max-age", String(preflightMaxAgeS));
        reply.send(200, fields, "", true);
        return answered;
      }
      return gateway.handle(call, opened(reply, origin));
    },
  };
}

function fieldsFor(origin: string): string[] {
  return ["access-control-allow-origin", origin, ...(origin === "*" ? [] : ["vary", "origin"])];
}

/** The same way back, with leave for scripts of `origin` to read what goes along it. */
function opened(reply: Reply, origin: string): Reply {
  const fields = [...fieldsFor(origin), "access-control-expose-headers", readable];
  return {
    send: (status, headers, body, last) => reply.send(status, [...headers, ...fields], body, last),
    write: (bytes, last) => reply.write(bytes, last),
    reset: () => reply.reset(),
  };
}
