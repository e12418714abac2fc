import { describe, expect, it } from "vitest";
import { withCors, type CorsOrigins } from "./cors.ts";
import type { Gateway } from "./gateway-parts.ts";
import type { Call, Reply } from "../wire/transport.ts";

/** What a browser is told that asks a gateway which lets `origins` in. */
function ask(origins: CorsOrigins, method: string, path: string, fields: Readonly<Record<string, string>>) {
  let reached = false;
  const gateway: Gateway = {
    senderOf: () => ({ ok: true, account: null }),
    handle(_call, reply) {
      reached = true;
      reply.send(401, ["content-type", "application/json"], "{}", true);
      return { clientLeft() {}, drained() {} };
    },
    refuse() {},
    observe() {},
    engineReports: () => [],
    routeOf: () => null,
    stop: async () => {},
  };
  const call: Call = { method, path, body: "", bodyBytes: 0, header: (name) => fields[name] };
  let status = 0;
  const told: Record<string, string> = {};
  const reply: Reply = {
    send(sent, headers) {
      status = sent;
      for (let at = 0; at < headers.length; at += 2) told[headers[at]!] = headers[at + 1]!;
      return true;
    },
    write: () => true,
    reset() {},
  };
  withCors(gateway, origins).handle(call, reply);
  return { reached, status, told };
}

const chat = "/v1/chat/completions";
const app = "https://app.example";

describe("pages of other origins", () => {
  it("are told with every answer, an error too, that they may read it", () => {
    const { reached, status, told } = ask([app], "POST", chat, { origin: app });
    expect([reached, status]).toEqual([true, 401]);
    expect(told).toMatchObject({ "access-control-allow-origin": app, vary: "origin" });
    expect(told["access-control-expose-headers"]).toContain("x-disperse-site");
    expect(told["access-control-allow-credentials"]).toBeUndefined();
    expect(ask("*", "POST", chat, { origin: app }).told["access-control-allow-origin"]).toBe("*");
  });

  it("are answered before they send anything, with the fields they want to send", () => {
    const asked = { origin: app, "access-control-request-method": "POST" };
    const wanted = { ...asked, "access-control-request-headers": "authorization, content-type, x-stainless-os" };
    const { reached, status, told } = ask([app], "OPTIONS", chat, wanted);
    expect([reached, status]).toEqual([false, 200]);
    expect(told["access-control-allow-headers"]).toBe("authorization, content-type, x-stainless-os");
    expect(told["access-control-allow-methods"]).toContain("POST");
    const split = { ...asked, "access-control-request-headers": "a\r\nset-cookie: b" };
    expect(ask([app], "OPTIONS", chat, split).told).not.toHaveProperty("access-control-allow-headers");
  });

  it.each([
    ["an origin that was not named", chat, { origin: "https://other.example" }],
    ["an origin that only begins like one", chat, { origin: `${app}.evil.example` }],
    ["no origin", chat, {}],
    ["the console", "/console/live", { origin: app }],
    ["metrics", "/metrics", { origin: app }],
    ["what operators do", "/admin/drains", { origin: app }],
    ["routes of requests", "/v1/routes/req_1", { origin: app }],
  ])("are told nothing: %s", (_case, path, fields: Record<string, string>) => {
    for (const origins of [[app], "*"] as const) {
      if (origins === "*" && path === chat && fields["origin"]) continue;
      const { reached, told } = ask(origins, "GET", path, fields);
      expect(reached).toBe(true);
      expect(Object.keys(told)).toEqual(["content-type"]);
    }
  });
});
