/** Specification of own engine profiles: an engine of the catalogue with coefficients measured on one's own machines. */
import { count, fallback, idPattern, list, number, object, optional, quantity, text } from "./field.ts";

const coefficient = (what: string) =>
  optional(number(`${what}, as a multiple of what kernels take.`, { min: 0, max: 100, example: "0.9" }));

export const engine = object(
  {
    id: text("Id by which workloads name it.", {
      example: "vllm-own",
      pattern: idPattern,
      form: "letters, digits, `.`, `_` and `-`, starting with a letter or digit",
    }),
    like: fallback(text("Engine of the catalogue that gives whatever is left out here.", { example: "vllm" }), "vllm"),
    name: optional(text("Name for people.", { example: "vLLM on our H200" })),
    stepFixed: optional(quantity("ms", "Fixed time of every step.", { example: "0.4 ms" })),
    stepPerLayer: optional(quantity("us", "Time of every step per layer.", { example: "48 us" })),
    stepPerExpertLayer: optional(quantity("us", "Extra per layer of a mixture of experts.", { example: "29 us" })),
    stepPerSequence: optional(quantity("us", "Time of a step per sequence that decodes.", { example: "11 us" })),
    memory: coefficient("Time to read weights and cache"),
    expertMemory: coefficient("Time to read routed experts"),
    compute: coefficient("Time of arithmetic"),
    expertCompute: coefficient("Time of the experts' arithmetic"),
    communication: coefficient("Time of sums over accelerators"),
    requestOverhead: optional(quantity("ms", "Time of a request outside the steps.", { example: "16 ms" })),
    promptPerExpertLayer: optional(
      quantity("ms", "Extra until the first token per layer of a mixture of experts.", { example: "0.4 ms" }),
    ),
    pipelineParallel: optional(
      count("Stages the model's layers are divided into, each on accelerators of its own.", {
        min: 1,
        max: 64,
        example: "2",
      }),
    ),
    draftTokens: optional(
      count("Tokens a draft proposes per step (speculative decoding); 0 for none.", { max: 16, example: "3" }),
    ),
    tokensPerStep: optional(
      number(
        "Mean tokens gained per step with a draft, from 1 to `draftTokens` + 1. Left out: the median of published drafts.",
        { min: 1, max: 17, example: "2.9" },
      ),
    ),
    draftCost: optional(
      quantity(
        "ratio",
        "Time to propose one token, as a share of a step. Left out: one layer of the model and its output matrix.",
        {
          max: 1,
          example: "2 %",
        },
      ),
    ),
    prefillUnits: optional(
      count(
        "Units that run prompts only and hand the cache over (prefill/decode disaggregation); with `decodeUnits`.",
        {
          min: 1,
          max: 63,
          example: "1",
        },
      ),
    ),
    decodeUnits: optional(
      count("Units that run answers only. Both together must be a power of two.", { min: 1, max: 63, example: "1" }),
    ),
    transferBandwidth: optional(
      quantity("GB/s", "Rate at which a unit hands its cache over. Left out: the accelerators' own links.", {
        above: 0,
        example: "50 GB/s",
      }),
    ),
    transferLatency: optional(
      quantity("us", "Time to begin a transfer. Left out: that of the links.", { example: "200 us" }),
    ),
    batchedTokens: optional(count("Most tokens of a step, prompts included.", { min: 1, example: "8192" })),
    sequences: optional(count("Most requests at work at once.", { min: 1, example: "256" })),
    memoryUse: optional(
      quantity("ratio", "Share of the accelerator's memory the engine may use.", { above: 0, max: 1, example: "90 %" }),
    ),
    runs: optional(count("Measured runs behind the coefficients.", { example: "48" })),
    fitError: optional(
      quantity("ratio", "Error of the time per token that nine of ten of these runs keep.", {
        example: "12 %",
        max: 10,
      }),
    ),
    heldOutError: optional(
      quantity("ratio", "The same on runs that were left out of the fit.", { example: "18 %", max: 10 }),
    ),
    measuredOn: fallback(
      list(text("Accelerator and model, with a slash between."), "What was measured.", {
        example: "[h200-sxm/llama-3.1-70b]",
      }),
      [],
    ),
  },
  "An own engine profile. `disperse calibrate` writes a file of them: `engines: [{ file: engines.csv }]`.",
);
