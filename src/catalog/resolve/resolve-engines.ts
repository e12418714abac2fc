import type { EngineEntry } from "../../scenario/index.ts";
import { engineCalibration, engineProfiles } from "../fact/engines.ts";
import type { Resolution, ScenarioPath } from "./resolution.ts";
import { speculativeOf } from "../fact/speculative.ts";
import { unknownName } from "./resolve-reference.ts";
import type { EngineCalibration, EngineProfile, SplitUnits } from "../world/world-engines.ts";

const catalogue: Readonly<Record<string, EngineProfile>> = engineProfiles;

/** Error that is assumed of coefficients whose writer states none: that of profiles nobody fitted. */
const unstatedError = 0.6;

/** An engine profile of the scenario or, when it has none of that id, of the catalogue; null when neither has. */
export function resolveEngine(resolution: Resolution, path: ScenarioPath, id: string): EngineProfile | null {
  const own = resolution.scenario.engines;
  const position = own.findLastIndex((entry) => entry.id === id);
  if (position >= 0) return ownEngine(resolution, ["engines", position, "like"], own[position]!);
  if (Object.hasOwn(catalogue, id)) return catalogue[id]!;
  unknownName(resolution, path, "engine profile", id, [...own.map((entry) => entry.id), ...Object.keys(catalogue)]);
  return null;
}

function ownEngine(resolution: Resolution, path: ScenarioPath, own: EngineEntry): EngineProfile | null {
  const base = Object.hasOwn(catalogue, own.like) ? catalogue[own.like] : undefined;
  if (!base) {
    unknownName(resolution, path, "engine profile", own.like, Object.keys(catalogue));
    return null;
  }
  const coefficients: Partial<Record<keyof EngineProfile, number | null>> = {
    stepFixedMs: own.stepFixed,
    stepPerLayerUs: own.stepPerLayer,
    stepPerExpertLayerUs: own.stepPerExpertLayer,
    stepPerSequenceUs: own.stepPerSequence,
    memoryCoefficient: own.memory,
    expertMemoryCoefficient: own.expertMemory,
    computeCoefficient: own.compute,
    expertComputeCoefficient: own.expertCompute,
    communicationCoefficient: own.communication,
    requestOverheadMs: own.requestOverhead,
    promptPerExpertLayerMs: own.promptPerExpertLayer,
  };
  const given = Object.entries(coefficients).filter(([, value]) => value !== null);
  const speculative = speculativeOf(own.draftTokens ?? 0, own.tokensPerStep, own.draftCost);
  if (own.tokensPerStep !== null && own.tokensPerStep > (own.draftTokens ?? 0) + 1) {
    resolution.error(
      "DSP_SCENARIO_CONFLICT",
      [...path.slice(0, -1), "tokensPerStep"],
      `a step that proposes ${own.draftTokens ?? 0} token(s) gains at most ${(own.draftTokens ?? 0) + 1}, not ${own.tokensPerStep}`,
      "lower `tokensPerStep` or raise `draftTokens`",
    );
  }
  const settings = {
    maxBatchedTokens: own.batchedTokens,
    maxSequences: own.sequences,
    memoryUtilization: own.memoryUse,
    pipelineParallel: own.pipelineParallel === 1 ? null : own.pipelineParallel,
  };
  const split = splitOf(resolution, path.slice(0, -1), own);
  const set = Object.entries(settings).filter(([, value]) => value !== null);
  const calibration = given.length === 0 ? engineCalibration[own.like] : calibrationOf(own);
  // Coefficients somebody gives hold on all chips; the catalogue's differences between chips are those of its own.
  const { byGeneration, ...plain } = base;
  return {
    ...plain,
    ...(given.length === 0 && byGeneration && { byGeneration }),
    ...Object.fromEntries([...given, ...set]),
    ...(speculative && { speculative }),
    ...(split && { split }),
    id: own.id,
    like: own.like,
    name: own.name ?? `${base.name} (${own.id})`,
    confidence: given.length === 0 ? base.confidence : calibration ? "measured" : "assumed",
    ...(calibration && { calibration }),
  };
}

/** Units for prompts and answers, when the entry has them. */
function splitOf(resolution: Resolution, path: ScenarioPath, own: EngineEntry): SplitUnits | null {
  const { prefillUnits, decodeUnits, transferBandwidth, transferLatency } = own;
  if (prefillUnits === null && decodeUnits === null && transferBandwidth === null && transferLatency === null)
    return null;
  if (prefillUnits === null || decodeUnits === null) {
    const lacking = prefillUnits === null ? "prefillUnits" : "decodeUnits";
    const why = `units that run prompts and answers apart need both \`prefillUnits\` and \`decodeUnits\`; ${lacking} is missing`;
    resolution.error("DSP_SCENARIO_CONFLICT", path, why, `add \`${lacking}\`, or leave all of them out`);
    return null;
  }
  const units = prefillUnits + decodeUnits;
  if (!Number.isInteger(Math.log2(units))) {
    resolution.error(
      "DSP_SCENARIO_CONFLICT",
      path,
      `${units} units cannot share a server's accelerators evenly`,
      "choose `prefillUnits` + `decodeUnits` as 2, 4, 8, 16, 32 or 64",
    );
    return null;
  }
  return {
    prefillUnits,
    decodeUnits,
    ...(transferBandwidth !== null && { transferGBps: transferBandwidth }),
    ...(transferLatency !== null && { transferLatencyUs: transferLatency }),
  };
}

function calibrationOf(own: EngineEntry): EngineCalibration | null {
  if (own.runs === null || own.runs === 0) return null;
  const fitError = own.fitError ?? unstatedError;
  return {
    rows: own.runs,
    p90Error: fitError,
    heldOutP90Error: Math.max(fitError, own.heldOutError ?? unstatedError),
    measured: own.measuredOn.map((pair) => {
      const [accelerator = "", model = ""] = pair.split("/");
      return [accelerator, model] as const;
    }),
  };
}
