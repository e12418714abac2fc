/** The gateway: admission, attempts and failover, stream life cycle, metering. Transports and engines are adapters. */
export { addAllowances, isNothing, noAllowance, type Allowance, type SeekAllowance } from "./account/allowance.ts";
export {
  operatorRoles,
  type Account,
  type AccountSettings,
  type KeyRecord,
  type OperatorRole,
} from "./account/account.ts";
export { Accounts } from "./account/accounts.ts";
export { apiError, errorBody, errorRegistry, type ApiError, type ErrorCode } from "./wire/api-error.ts";
export { handoverField } from "./mesh/handovers.ts";
export { Peers, type MeshMember } from "./mesh/peers.ts";
export type { Peer } from "./mesh/peer.ts";
export { ToldGroup } from "./mesh/told-group.ts";
export { handoverEvidence, type HandoverEvidence } from "./ledger/handover-evidence.ts";
export { isGatewayAccount } from "./ledger/gateway-account.ts";
export { Drains, type Drain, type DrainChange } from "./mesh/drains.ts";
export { FileDesk, type FileDeskOptions, type FileDeskParts } from "./file/file-desk.ts";
export { ChainCheck, type LedgerReading, type LedgerVerdict } from "./ledger/chain-check.ts";
export { createAuditor } from "./telemetry/evidence.ts";
export { withCors, type CorsOrigins } from "./door/cors.ts";
export type { ToldRoute } from "./request/explanation.ts";
export { createGateway } from "./door/gateway.ts";
export type { Gateway, GatewayParts, Sender } from "./door/gateway-parts.ts";
export type { AttemptRecord, Journal, RequestRecord } from "./telemetry/journal.ts";
export { ledgerColumns, type AttemptOutcome, type LedgerRow } from "./ledger/ledger.ts";
export {
  ledgerReport,
  type LedgerReport,
  type ReportGrouping,
  type ReportLine,
  type ReportPart,
  type ReportSpan,
  type ReportSums,
} from "./ledger/ledger-report.ts";
export type { LiveEvent } from "./telemetry/live-feed.ts";
export { settle, type OperatorLedger } from "./ledger/settlement.ts";
export { defaultResponseOptions, ResponseDesk, type ResponseDeskOptions } from "./response/response-desk.ts";
export { RowQueue } from "./telemetry/row-queue.ts";
export { createReloadable, type ReloadableGateway } from "./door/reloadable.ts";
export { metrics } from "./telemetry/metrics.ts";
export { emulatedId } from "./request/models.ts";
export { OperatorAccess } from "./account/operator-access.ts";
export { defaultOptions, type GatewayOptions } from "./wire/options.ts";
export type {
  ByteText,
  Clock,
  Engine,
  EngineBinding,
  EngineEvents,
  EngineFailure,
  EngineHead,
  EngineRequest,
  EngineRun,
  EngineSignals,
  FileStore,
  Labels,
  LedgerRows,
  Handover,
  Mesh,
  Metric,
  RollUps,
  Seal,
  Shelf,
  ShelfEntry,
  Store,
  Telemetry,
} from "./wire/ports.ts";
export { unknownSignals } from "./wire/ports.ts";
export { hourMs, rollUp, rollUpColumns, sumBy, type RollUp } from "./ledger/roll-up.ts";
export { RowGroup, type PackedRows } from "./ledger/row-group.ts";
export { slos, type Slo } from "./account/slo.ts";
export { splitTarget } from "./wire/request-target.ts";
export {
  codingOf,
  packedUnasked,
  packingRefusal,
  type readCodings,
  type Unpack,
  type Unpacked,
} from "./wire/packed-body.ts";
export type { ByteSource, Call, Exchange, HttpClient, HttpPost, Page, PageSource, Reply } from "./wire/transport.ts";
