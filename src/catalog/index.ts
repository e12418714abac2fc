/** The catalogue of facts, and the world a scenario resolves to. */
export * from "./world.ts";
