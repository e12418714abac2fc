export * from "./world.ts";
export * from "./figure.ts";
export { sources, type Source, type SourceKey } from "./sources.ts";
