/** Specification of machines and models: which of the catalogue's may be used, and own ones given in full. */
import {
  choice,
  count,
  either,
  entryId,
  fallback,
  list,
  map,
  number,
  object,
  optional,
  quantity,
  series,
  text,
} from "./field.ts";
import { tier } from "./spec-workload.ts";

export const accelerator = object(
  {
    name: optional(text("Name for people.", { example: "Example NPU 1" })),
    kind: choice(["gpu", "asic", "npu"], "Kind of chip.", { example: "npu" }),
    generation: optional(text("Chip generation.", { example: "blackwell" })),
    memory: quantity("GB", "Memory of one chip.", { example: "24 GB", above: 0 }),
    memoryBandwidth: quantity("GB/s", "Bandwidth of weight streaming of one chip.", { example: "300 GB/s", above: 0 }),
    rates: map(
      "number format",
      quantity("TFLOP/s", "Dense arithmetic rate of one chip.", { example: "120 TFLOP/s", above: 0 }),
      "Arithmetic rate by number format; a format left out is not native.",
      { example: "{ bf16: 120 TFLOP/s, fp8: 240 TFLOP/s }", keyPattern: "bf16|fp8|fp4|int8|int4" },
    ),
    measured: fallback(
      choice(["measured", "vendor"], "Whether the rates were measured or come from a datasheet."),
      "vendor",
    ),
    link: fallback(
      object(
        {
          kind: fallback(choice(["nvlink", "pcie", "fabric", "none"], "Link between the chips of one server."), "none"),
          latency: fallback(quantity("us", "Start-up time of an all-reduce.", { example: "10 us" }), "20 us"),
          bandwidth: fallback(quantity("GB/s", "All-reduce bandwidth.", { example: "400 GB/s" }), "20 GB/s"),
        },
        "Link between the chips of one server.",
      ),
      {},
    ),
    power: quantity("W", "Thermal design power of one chip.", { example: "72 W", above: 0 }),
    totalProcessingPerformance: optional(
      number(
        "Total processing performance as export law counts it (TFLOP/s × bit length); from the rates when left out.",
        { min: 0, example: "1920" },
      ),
    ),
  },
  "An own accelerator.",
);

const moduleTerms = {
  price: optional(
    series(quantity("USD", "Price of one module, for all periods or one value per period.", { example: "$280k" })),
  ),
  memoryShare: optional(
    quantity("ratio", "Share of the price that is memory; `finance.memoryPriceFactor` acts on it.", {
      example: "12 %",
      max: 1,
    }),
  ),
  minUtilization: optional(
    quantity("ratio", "Least use at the peak of the modules bought for a site, of what the plan may use.", {
      example: "40 %",
      max: 1,
    }),
  ),
  supply: optional(
    series(count("Most that can be bought per period over all sites; no limit when left out.", { example: "500" })),
  ),
  leadTime: optional(quantity("year", "From order to service.", { example: "6 months" })),
  life: optional(quantity("year", "Book life.", { example: "5 years", above: 0 })),
  tiers: optional(list(tier, "Tiers the module may stand in.", { example: "[core, regional]", filled: true })),
} as const;

export const module = either(
  "accelerator",
  object(
    {
      id: entryId("Id of the module.", { example: "npu-box" }),
      name: optional(text("Name for people.", { example: "NPU box, 4 chips" })),
      accelerator: text("Accelerator id, from the catalogue or from the section `accelerators`.", {
        example: "example-npu",
      }),
      chips: fallback(count("Chips per server.", { example: "4", min: 1, max: 1024 }), 1),
      power: quantity("kW", "Wall power under load, before PUE.", { example: "600 W", above: 0 }),
      idlePower: optional(quantity("kW", "Wall power when idle; 30 % of `power` when left out.", { example: "200 W" })),
      ...moduleTerms,
    },
    "An own server.",
  ),
  "use",
  object(
    { use: text("Module id of the catalogue.", { example: "h100x8" }), ...moduleTerms },
    "A server of the catalogue, with other terms where given.",
    { shorthand: "use" },
  ),
  "What may be bought: a module of the catalogue by its id, or an own one.",
);

export const model = object(
  {
    name: optional(text("Name for people.", { example: "House model 7B" })),
    parameters: quantity("param", "Number of parameters.", { example: "7.6G param", above: 0 }),
    activeParameters: optional(
      quantity("param", "Parameters that take part in one token; all of them when left out.", {
        example: "3.3G param",
        above: 0,
      }),
    ),
    layers: count("Transformer layers.", { example: "28", min: 1 }),
    hiddenSize: count("Width of the residual stream.", { example: "3584", min: 1 }),
    attentionHeads: count("Query heads.", { example: "28", min: 1 }),
    kvHeads: count("Key/value heads.", { example: "4", min: 1 }),
    headDim: count("Width of a head.", { example: "128", min: 1 }),
    vocabulary: count("Size of the vocabulary.", { example: "152064", min: 1 }),
    experts: optional(
      object(
        {
          count: count("Routed experts per layer.", { example: "128", min: 1 }),
          perToken: count("Experts one token uses.", { example: "8", min: 1 }),
          parameters: quantity("param", "Parameters of one expert over all layers.", {
            example: "226M param",
            above: 0,
          }),
        },
        "Experts of a mixture-of-experts model.",
      ),
    ),
    kvPerToken: optional(
      quantity("B/tok", "KV cache per token at 16 bits, where it is not 2 × layers × kvHeads × headDim × 2.", {
        example: "70 kB/tok",
        above: 0,
      }),
    ),
    maxContext: quantity("tok", "Longest context.", { example: "32768 tok", above: 0 }),
  },
  "An own model.",
);
