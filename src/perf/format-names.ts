import type { Precision } from "../catalog/index.ts";

const formats: Readonly<Record<string, Precision>> = {
  "": "bf16",
  unquantized: "bf16",
  bfloat16: "bf16",
  float16: "bf16",
  fp16: "bf16",
  bf16: "bf16",
  fp8: "fp8",
  fp8_block: "fp8",
  fp8_static: "fp8",
  fp8_ootb: "fp8",
  fp4: "fp4",
  nvfp4: "fp4",
  mxfp4: "fp4",
  w4a16_mxfp4: "fp4",
  w4a8_mxfp4_mxfp8: "fp4",
  int4: "int4",
  int4_wo: "int4",
  w4a16: "int4",
  int8: "int8",
  int8_wo: "int8",
  w8a8: "int8",
  sq: "int8",
  half: "bf16",
  none: "bf16",
  fp8_e4m3: "fp8",
  fp8_per_block: "fp8",
  fp8_per_tensor: "fp8",
  mxfp8: "fp8",
  fp8_dynamic: "fp8",
  float8: "fp8",
  e4m3: "fp8",
  w8a8_fp8: "fp8",
  modelopt: "fp8",
  modelopt_fp4: "fp4",
  nvfp4_w4a16: "fp4",
  mxfp4_w4a16: "fp4",
  w4a16_awq: "int4",
  w4a16_gptq: "int4",
  w4a8_awq: "int4",
  awq_marlin: "int4",
  gptq_marlin: "int4",
  int8_sq: "int8",
  smoothquant: "int8",
  // Weights in 4 bits, arithmetic in 8: counted as unpacked, which overstates the arithmetic.
  w4afp8: "int4",
  w4a8: "int4",
  awq: "int4",
  awq_int4: "int4",
  gptq: "int4",
  gptq_int4: "int4",
  int4_awq: "int4",
  w8a8_int8: "int8",
  mxfp4_mxfp8: "fp4",
};

/** Number format of the weights by a published name; null when it is not known. An empty name stands for bf16. */
export function formatNamed(name: string): Precision | null {
  const wanted = name
    .trim()
    .toLowerCase()
    .replace(/^torch\./, "")
    .replaceAll("-", "_");
  return Object.hasOwn(formats, wanted) ? formats[wanted]! : null;
}

/** Releases whose own weights are quantised, though their names do not say so; later versions of a family may differ. */
const releasedIn: readonly (readonly [RegExp, Precision])[] = [
  [/gpt-oss/i, "fp4"],
  [/kimi-k2(\.5|\.6|-thinking)/i, "int4"],
  [/kimi-k2|minimax-m[12]|deepseek-(?!r1-distill|r1-0528-qwen3)(r1|v3)/i, "fp8"],
];

/** Number format of the weights, which releases state in their names; where they state none, that of the release itself. */
export function weightFormatOf(name: string): Precision {
  const stated =
    /(nvfp4|mxfp4|fp4|fp8|int8|w8a8|awq|gptq|int4|w4a16|bf16|q4_|q8_)/i.exec(name)?.[1]?.toLowerCase() ?? "";
  const released = releasedIn.find(([pattern]) => pattern.test(name))?.[1];
  // Names of this one tell of its activations, too.
  if (released === "fp4") return released;
  const byMethod: Readonly<Record<string, Precision>> = {
    awq: "int4",
    gptq: "int4",
    q4_: "int4",
    w8a8: "int8",
    q8_: "int8",
  };
  return byMethod[stated] ?? (stated === "" ? (released ?? "bf16") : (formatNamed(stated) ?? "bf16"));
}
