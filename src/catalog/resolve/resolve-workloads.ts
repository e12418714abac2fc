import type { WorkloadEntry } from "../../scenario/index.ts";
import type { Resolution, ScenarioPath } from "./resolution.ts";
import { resolveEngine } from "./resolve-engines.ts";
import { resolveModel } from "./resolve-hardware.ts";
import type { Workload } from "../world/world-demand.ts";
import type { EngineProfile, Model, Precision } from "../world/world-engines.ts";

/** Formats when a workload states none: weights as most servings quantise them today, the cache as engines keep it. */
const usualWeightPrecision: Precision = "fp8";
const usualKvPrecision: Precision = "bf16";
const usualEngine = "vllm";

export interface ResolvedWorkloads {
  readonly workloads: readonly Workload[];
  /** Models and engines in use, in the order in which workloads name them first. */
  readonly models: readonly Model[];
  readonly engines: readonly EngineProfile[];
}

/** Keeps one entry per id and gives its position. */
class Positions<T extends { readonly id: string }> {
  readonly entries: T[] = [];

  of(entry: T): number {
    const found = this.entries.findIndex((other) => other.id === entry.id);
    return found >= 0 ? found : this.entries.push(entry) - 1;
  }
}

function checkLength(resolution: Resolution, path: ScenarioPath, workload: WorkloadEntry, model: Model): void {
  const tokens = workload.inputTokens.mean + workload.outputTokens.mean;
  if (tokens <= model.maxContextTokens) return;
  const message = `a mean request has ${Math.round(tokens)} tokens, ${model.name} takes at most ${model.maxContextTokens}`;
  const hint = "shorten prompt or answer, or take a model with a longer context";
  resolution.error("DSP_SCENARIO_OUT_OF_RANGE", [...path, "inputTokens"], message, hint);
}

/** Workloads in the order written, with their models and engines. */
export function resolveWorkloads(resolution: Resolution): ResolvedWorkloads {
  const models = new Positions<Model>();
  const engines = new Positions<EngineProfile>();
  const workloads: Workload[] = [];
  for (const [id, entry] of Object.entries(resolution.scenario.workloads)) {
    const path: ScenarioPath = ["workloads", id];
    const model = resolveModel(resolution, [...path, "model"], entry.model);
    const engine = resolveEngine(resolution, [...path, "engine"], entry.engine ?? usualEngine);
    if (!model || !engine) continue;
    checkLength(resolution, path, entry, model);
    workloads.push({
      id,
      name: entry.name ?? id,
      model: models.of(model),
      weightPrecision: entry.precision ?? usualWeightPrecision,
      kvPrecision: entry.kvPrecision ?? usualKvPrecision,
      engine: engines.of(engine),
      inputTokens: { mean: entry.inputTokens.mean, cv: entry.inputTokens.cv },
      outputTokens: { mean: entry.outputTokens.mean, cv: entry.outputTokens.cv },
      prefixHitRatio: entry.prefixHit,
      ttft: { budgetMs: entry.ttft.budget, attainmentRatio: entry.ttft.attainment },
      tpotBudgetMs: entry.tpot,
      dataClass: entry.dataClass,
      requestBytes: entry.requestSize,
      responseBytes: entry.responseSize,
      priceUsdPerRequest: entry.price,
      unservedUsdPerRequest: entry.unservedPenalty,
      ...(entry.backhaulSize > 0 && { backhaulBytes: entry.backhaulSize }),
      ...(entry.failover !== null && { failoverBudgetMs: entry.failover }),
      ...(entry.redact !== null && { redaction: entry.redact }),
      ...(entry.callers !== null && {
        callers: entry.callers.map(({ share, ...caller }) => ({ ...caller, shareRatio: share })),
      }),
      tiers: entry.tiers,
    });
  }
  return { workloads, models: models.entries, engines: engines.entries };
}
