import { measured, type Figure, type FigureExtras } from "./figure.ts";

const own =
  (source: "own-h100-2026-11" | "own-h200-2026-11") =>
  (value: number, unit: string, note: string, extras: FigureExtras = {}) =>
    measured(value, unit, source, { ...extras, note });
const h100 = own("own-h100-2026-11");
const h200 = own("own-h200-2026-11");

/**
 * What single cards do by their own meters, for comparison with the rates and powers used for planning
 * (`bench/accelerator`; decision records 0017 and 0025 compare). Power is that of the card alone, from its energy counter.
 */
export const measuredCards = {
  "h100-sxm": {
    idleWatts: h100(72, "W", "no program on it; clocks down to 345 MHz"),
    idleLoadedWatts: h100(130, "W", "weights in memory and nothing to do; 126 W with an empty context"),
    decodeOneWatts: h100(437, "W", "decode of Llama-3.1-8B in bf16, 1 sequence, without a pause"),
    decodeManyWatts: h100(589, "W", "the same, 32 sequences; 689 W with 128, 565 W with 32 in fp8"),
    prefillWatts: h100(
      693,
      "W",
      "products of 8,192 rows, held at the limit of 700 W: clocks fall from 1,980 to 1,300 MHz",
    ),
    copyWatts: h100(518, "W", "copying its own memory"),
    bf16Tflops: h100(775, "TFLOP/s", "large products of 2,048 and 4,096 rows, the card still cool", {
      low: 691,
      high: 802,
    }),
    fp8Tflops: h100(1491, "TFLOP/s", "the same with one scale per matrix", { low: 1308, high: 1556 }),
    bf16StreamGBps: h100(2741, "GB/s", "weights of 60 M and more read for one row", { low: 1917, high: 2821 }),
    fp8StreamGBps: h100(2651, "GB/s", "weights of 60 M and more read for one row", { low: 1680, high: 2786 }),
    readGBps: h100(3073, "GB/s", "plain reading; 3,246 GB/s plain writing, 2,423 GB/s read and written in a copy"),
    cacheReadGBps: h100(
      3044,
      "GB/s",
      "decode attention over 128 caches of 4,096 tokens (cuDNN); FlashAttention 2: 2,692",
    ),
    prefillAttentionTflops: h100(
      523,
      "TFLOP/s",
      "4,096 tokens (cuDNN), 655 at 16,384, 251 at 1,024; FlashAttention 2: 269",
      {
        low: 138,
        high: 655,
      },
    ),
    launchUs: h100(0.97, "us", "one small kernel in a graph; 10.4 us launched alone from Python"),
    hostToDeviceGBps: h100(51.1, "GB/s", "from pinned memory; 7.0 GB/s from memory that the system may page out"),
    diskReadGBps: h100(1.53, "GB/s", "the virtual disk of one rented machine, 8 readers; 4.9 GB/s from the page cache"),
    loadGBps: h100(2.27, "GB/s", "llama-server, from its start to ready with 16 GB that lie in the page cache", {
      low: 1.66,
      high: 2.39,
    }),
  },
  "h200-sxm": {
    idleWatts: h200(76, "W", "no program on it; clocks down to 345 MHz"),
    idleLoadedWatts: h200(120, "W", "weights in memory and nothing to do, or an empty context"),
    decodeOneWatts: h200(422, "W", "decode of Llama-3.1-8B in bf16, 1 sequence, without a pause; 345 W in fp8"),
    decodeManyWatts: h200(598, "W", "the same, 32 sequences; 690 W with 64 and more, 556 W with 32 in fp8"),
    prefillWatts: h200(
      695,
      "W",
      "prompts of 8,192 tokens for half a minute, held at the limit of 700 W: clocks fall from 1,980 to 1,620 MHz",
    ),
    copyWatts: h200(595, "W", "copying its own memory; 421 W reading it"),
    bf16Tflops: h200(795, "TFLOP/s", "large products of 2,048 and 4,096 rows, the card still cool", {
      low: 654,
      high: 812,
    }),
    fp8Tflops: h200(1511, "TFLOP/s", "the same with one scale per matrix", { low: 1275, high: 1572 }),
    bf16StreamGBps: h200(3912, "GB/s", "weights of 60 M and more read for one row", { low: 2400, high: 4327 }),
    fp8StreamGBps: h200(3649, "GB/s", "weights of 60 M and more read for one row", { low: 2097, high: 4173 }),
    readGBps: h200(4388, "GB/s", "plain reading; 3,337 GB/s plain writing, 2,693 GB/s read and written in a copy"),
    cacheReadGBps: h200(
      4556,
      "GB/s",
      "decode attention over 128 caches of 4,096 tokens (cuDNN); FlashAttention 2: 2,777",
    ),
    prefillAttentionTflops: h200(
      524,
      "TFLOP/s",
      "4,096 tokens (cuDNN), 649 at 16,384, 252 at 1,024; FlashAttention 2: 270",
      {
        low: 139,
        high: 649,
      },
    ),
    launchUs: h200(0.85, "us", "one small kernel in a graph; 11.4 us launched alone from Python"),
    hostToDeviceGBps: h200(53.2, "GB/s", "from pinned memory; 6.1 GB/s from memory that the system may page out"),
    diskReadGBps: h200(1.78, "GB/s", "the virtual disk of one rented machine, 8 readers; 4.6 GB/s from the page cache"),
    loadGBps: h200(3.5, "GB/s", "llama-server, from its start to ready with 61 GB that lie in memory", {
      low: 3.5,
      high: 4.6,
    }),
  },
} satisfies Record<string, Readonly<Record<string, Figure>>>;
