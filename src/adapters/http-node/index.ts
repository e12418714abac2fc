/** The conservative transport: `node:http` and undici. */
export { createHttpClient, type HttpClientOptions } from "./undici-client.ts";
export { serveHttp, type HttpOptions, type HttpService } from "./http-service.ts";
