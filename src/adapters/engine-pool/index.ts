/** Several servers of one model as one engine: listed, or found behind a name while it runs. */
export { createEnginePool, type EnginePoolOptions } from "./engine-pool.ts";
