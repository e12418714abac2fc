/** The conservative transport: `node:http`. */
export { serveHttp, type HttpOptions, type HttpService } from "./http-service.ts";
