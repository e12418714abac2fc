export type { Place, Problem } from "./problem.ts";
export type { AreaEntry, ModuleEntry, Scenario, SiteEntry, TierTerms, WorkloadEntry } from "./spec.ts";
