import type { LedgerRow } from "../../src/serve/index.ts";

/** A row like any other, with some fields of the test's own. */
export function ledgerRow(fields: Partial<LedgerRow> = {}): LedgerRow {
  return {
    requestId: "req_1",
    attempt: 1,
    epochMs: 1_700_000_000_000,
    keyId: null,
    accountId: null,
    workload: "chat",
    model: "small",
    area: "town",
    areaCountry: "AA",
    dataClass: "personal",
    site: "edge",
    siteCountry: "BB",
    tier: "edge",
    pool: "edge/box",
    owner: "owner",
    rule: "AA test act (2026-01-01)",
    emulated: true,
    outcome: "served",
    status: 200,
    tokenSource: "engine",
    inputTokens: 10,
    cachedTokens: 0,
    outputTokens: 5,
    requestBytes: 100,
    responseBytes: 1_000,
    ttftMs: 12.5,
    durationMs: 40.25,
    priceNanoUsdPerMTok: 8_230_452_600_000,
    chargeNanoUsd: 123_456_789,
    egressNanoUsd: 20,
    ...fields,
  };
}
