import { measured, type Figure, type FigureExtras } from "./figure.ts";

const own = (value: number, unit: string, note: string, extras: FigureExtras = {}) =>
  measured(value, unit, "own-h100-2026-11", { ...extras, note });

/**
 * What single cards do by their own meters, for comparison with the rates and powers used for planning
 * (`bench/accelerator`; decision record 0017 compares). Power is that of the card alone, from its energy counter.
 */
export const measuredCards = {
  "h100-sxm": {
    idleWatts: own(72, "W", "no program on it; clocks down to 345 MHz"),
    idleLoadedWatts: own(130, "W", "weights in memory and nothing to do; 126 W with an empty context"),
    decodeOneWatts: own(437, "W", "decode of Llama-3.1-8B in bf16, 1 sequence, without a pause"),
    decodeManyWatts: own(589, "W", "the same, 32 sequences; 689 W with 128, 565 W with 32 in fp8"),
    prefillWatts: own(
      693,
      "W",
      "products of 8,192 rows, held at the limit of 700 W: clocks fall from 1,980 to 1,300 MHz",
    ),
    copyWatts: own(518, "W", "copying its own memory"),
    bf16Tflops: own(775, "TFLOP/s", "large products of 2,048 and 4,096 rows, the card still cool", {
      low: 691,
      high: 802,
    }),
    fp8Tflops: own(1491, "TFLOP/s", "the same with one scale per matrix", { low: 1308, high: 1556 }),
    bf16StreamGBps: own(2741, "GB/s", "weights of 60 M and more read for one row", { low: 1917, high: 2821 }),
    fp8StreamGBps: own(2651, "GB/s", "weights of 60 M and more read for one row", { low: 1680, high: 2786 }),
    readGBps: own(3073, "GB/s", "plain reading; 3,246 GB/s plain writing, 2,423 GB/s read and written in a copy"),
    cacheReadGBps: own(
      3044,
      "GB/s",
      "decode attention over 128 caches of 4,096 tokens (cuDNN); FlashAttention 2: 2,692",
    ),
    prefillAttentionTflops: own(
      523,
      "TFLOP/s",
      "4,096 tokens (cuDNN), 655 at 16,384, 251 at 1,024; FlashAttention 2: 269",
      {
        low: 138,
        high: 655,
      },
    ),
    launchUs: own(0.97, "us", "one small kernel in a graph; 10.4 us launched alone from Python"),
    hostToDeviceGBps: own(51.1, "GB/s", "from pinned memory; 7.0 GB/s from memory that the system may page out"),
    diskReadGBps: own(1.53, "GB/s", "the virtual disk of one rented machine, 8 readers; 4.9 GB/s from the page cache"),
    loadGBps: own(2.27, "GB/s", "llama-server, from its start to ready with 16 GB that lie in the page cache", {
      low: 1.66,
      high: 2.39,
    }),
  },
} satisfies Record<string, Readonly<Record<string, Figure>>>;
