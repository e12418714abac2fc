/** The fast transport: sockets and a strict parser, nothing between them and the gateway. */
export { createHttpClient, type HttpClientOptions } from "./http-client.ts";
export type { MessageHead } from "./message-head.ts";
export { MessageParser, type MessageEvents, type ParseError } from "./message-parser.ts";
export { serveHttp, type HttpOptions, type HttpService } from "./http-service.ts";
