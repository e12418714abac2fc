import type { Accelerator, Precision } from "../catalog/index.ts";

/**
 * Bytes per weight, scales included. fp4 is NVFP4 (4 bits plus an fp8 scale per 16 values); int4 is a group of 128 with
 * a 16-bit scale and zero point; fp8 and int8 carry scales too sparse to count.
 */
export const bytesPerWeight: Readonly<Record<Precision, number>> = {
  bf16: 2,
  fp8: 1,
  int8: 1,
  fp4: 0.5625,
  int4: 0.53125,
};

/** Bytes per element of the KV cache. */
export const bytesPerKvElement: Readonly<Record<Precision, number>> = {
  bf16: 2,
  fp8: 1,
  int8: 1,
  fp4: 0.5625,
  int4: 0.53125,
};

/**
 * Arithmetic rate for weights of a format, TFLOP/s. A chip that does not compute in the format natively unpacks the
 * weights and computes in bf16: it saves memory traffic, not arithmetic. A chip without bf16 (some NPUs) computes in
 * the fastest format it has. 0 when the chip lists no rate at all.
 */
export function arithmeticTflops(accelerator: Accelerator, weights: Precision): number {
  const { tflops } = accelerator;
  return tflops[weights] ?? tflops.bf16 ?? Math.max(0, ...Object.values(tflops));
}

/** Arithmetic rate of attention, which runs on activations and so in bf16 whatever the weights are, TFLOP/s. */
export function attentionTflops(accelerator: Accelerator): number {
  return arithmeticTflops(accelerator, "bf16");
}
