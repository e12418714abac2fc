/** The gateway: admission, attempts and failover, stream life cycle, metering. Transports and engines are adapters. */
export { addAllowances, isNothing, noAllowance, type Allowance, type SeekAllowance } from "./allowance.ts";
export { Accounts, type Account, type AccountSettings, type KeyRecord } from "./accounts.ts";
export { apiError, errorBody, errorRegistry, type ApiError, type ErrorCode } from "./api-error.ts";
export { Drains, type Drain, type DrainChange } from "./drains.ts";
export { FileDesk, type FileDeskOptions } from "./file-desk.ts";
export type { EngineBinding } from "./gateway-core.ts";
export { ChainCheck, type LedgerReading, type LedgerVerdict } from "./chain-check.ts";
export { createAuditor } from "./evidence.ts";
export { withCors, type CorsOrigins } from "./cors.ts";
export { createGateway, type Gateway, type GatewayParts } from "./gateway.ts";
export type { AttemptRecord, Journal, RequestRecord } from "./journal.ts";
export { ledgerColumns, type AttemptOutcome, type LedgerRow } from "./ledger.ts";
export {
  ledgerReport,
  type LedgerReport,
  type ReportGrouping,
  type ReportLine,
  type ReportPart,
  type ReportSpan,
  type ReportSums,
} from "./ledger-report.ts";
export type { LiveEvent } from "./live-feed.ts";
export { settle, type OperatorLedger } from "./settlement.ts";
export { defaultResponseOptions, ResponseDesk, type ResponseDeskOptions } from "./response-desk.ts";
export { createReloadable, type ReloadableGateway } from "./reloadable.ts";
export type { SiteReport } from "./mesh-state.ts";
export { metrics } from "./metrics.ts";
export { emulatedId } from "./models.ts";
export { OperatorAccess, operatorRoles, type OperatorRole } from "./operator-access.ts";
export { defaultOptions, type GatewayOptions } from "./options.ts";
export type {
  ByteText,
  Clock,
  Engine,
  EngineEvents,
  EngineFailure,
  EngineHead,
  EngineRequest,
  EngineRun,
  EngineSignals,
  FileStore,
  Labels,
  LedgerRows,
  Mesh,
  Metric,
  RollUps,
  Shelf,
  ShelfEntry,
  Store,
  Telemetry,
} from "./ports.ts";
export { unknownSignals } from "./ports.ts";
export { hourMs, rollUp, rollUpColumns, sumBy, type RollUp } from "./roll-up.ts";
export { RowGroup, type PackedRows } from "./row-group.ts";
export { slos, type Slo } from "./slo.ts";
export { splitTarget } from "./request-target.ts";
export { codingOf, packingRefusal, type readCodings, type Unpack, type Unpacked } from "./packed-body.ts";
export type { ByteSource, Call, Exchange, HttpClient, HttpPost, Page, PageSource, Reply } from "./transport.ts";
