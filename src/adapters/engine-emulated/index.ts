/** An engine that answers with filler text at the pace the engine model predicts. Not a language model. */
export { createEmulatedEngine, type EmulatedEngineOptions } from "./emulated-engine.ts";
