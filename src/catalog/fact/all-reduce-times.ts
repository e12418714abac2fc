import { allReduceSizesMB, type LinkGroup } from "./accelerator-row.ts";
import { assumed, measured } from "./figure.ts";

/**
 * Sums over chips of one server, by the engine whose kernels add them up: vLLM 0.14 to 0.24, TensorRT-LLM 1.3.0rc10 (A100:
 * 1.0.0, PCIe: 1.3.0rc20) and SGLang 0.5.10 (RTX PRO 6000: 0.5.14), all within captured graphs. On Blackwell they differ by up
 * to three times between 0.1 and 8 MB, where most decode steps lie: TensorRT-LLM has kernels of its own for these. SGLang 0.5.14
 * has such as well, which its published runs of whole engines did not have yet.
 *
 * Rows of [accelerators, us of the smallest message, us of each size in `allReduceSizesMB`]. The source counts elements of
 * two bytes: four H100 move 1.07 GB at 238 GB/s, 0.8 of what their links allow, and could not if they were bytes.
 */
type MeasuredGroup = readonly [accelerators: number, latencyUs: number, ...timesUs: number[]];

const groupsOf = (rows: readonly MeasuredGroup[]): readonly LinkGroup[] =>
  rows.map(([count, latencyUs, ...timesUs]) => ({
    accelerators: count,
    latencyUs: measured(latencyUs, "us", "aic-kernels"),
    timesUs: timesUs.map((us, i) =>
      measured(us, "us", "aic-kernels", { note: `all-reduce of ${allReduceSizesMB[i]} MB over ${count} chips` }),
    ),
  }));

const likeMeasured = (groups: readonly LinkGroup[], note: string): readonly LinkGroup[] =>
  groups.map(({ accelerators, latencyUs, timesUs }) => ({
    accelerators,
    latencyUs: assumed(latencyUs.value, "us", note),
    timesUs: timesUs.map((us) => assumed(us.value, "us", note)),
  }));

const h100Rows: readonly MeasuredGroup[] = [
  [2, 4.2, 5, 6, 12, 45, 156, 469, 1706],
  [4, 4.6, 6, 11, 19, 54, 191, 619, 2305],
  [8, 4.7, 8, 12, 19, 51, 178, 577, 2117],
];

/**
 * Sums of vLLM over links of twice the H100's rate take no longer than its own, but for the start. Some of what was measured on
 * Blackwell did, with kernels of its first releases: two B200 25 us for 2.1 MB, where two H100 need 12. Whole engines do not
 * show it; those of SGLang do.
 */
const nvlink5Groups = (rows: readonly MeasuredGroup[]): readonly LinkGroup[] =>
  groupsOf(rows).map((group) => {
    const [, hopperStartUs, ...hopperUs] = h100Rows.find(([count]) => count === group.accelerators)!;
    const timesUs = group.timesUs.map((us, i) => {
      const hopper = Number((group.latencyUs.value + hopperUs[i]! - hopperStartUs).toFixed(1));
      if (us.value <= hopper) return us;
      return assumed(
        hopper,
        "us",
        `as H100 over slower links; ${us.value} was measured, with kernels of first releases`,
      );
    });
    return { ...group, timesUs };
  });

const b200Groups = nvlink5Groups([
  [2, 6.6, 7, 9, 25, 51, 87, 280, 1005],
  [4, 6.8, 8, 18, 24, 43, 119, 353, 1291],
  // 26 us were measured at 0.5 MB, above the 17 us at twice the size.
  [8, 7.4, 9, 17, 21, 39, 111, 442, 1337],
]);

const gb200Groups = nvlink5Groups([
  [2, 5, 6, 8, 15, 62, 217, 738, 2692],
  [4, 5, 6, 11, 18, 51, 113, 392, 1458],
]);

/** Rows that come from different hosts: more cards are taken to need no less than fewer. */
const noLessThanFewer = (groups: readonly LinkGroup[]): readonly LinkGroup[] =>
  groups.map((group, at) => ({
    ...group,
    timesUs: group.timesUs.map((us, i) => {
      const fewerUs = Math.max(0, ...groups.slice(0, at).map((fewer) => fewer.timesUs[i]!.value));
      return us.value >= fewerUs
        ? us
        : assumed(fewerUs, "us", `as fewer cards on another host; ${us.value} was measured`);
    }),
  }));

/** Groups of a link, and those of engines whose own kernels take other times. */
interface SumTimes {
  readonly groups: readonly LinkGroup[];
  readonly groupsByEngine: Readonly<Record<string, readonly LinkGroup[]>>;
}

/** Measured times of sums, by the id of the accelerator. */
export const allReduceTimes = {
  "a100-sxm": {
    groups: groupsOf([
      [2, 4.9, 6, 8, 15, 90, 222, 746, 2799],
      [4, 5.2, 8, 15, 26, 118, 288, 996, 3721],
      [8, 5.7, 11, 19, 28, 129, 364, 1161, 4223],
    ]),
    groupsByEngine: {
      trtllm: groupsOf([
        [2, 3.8, 5, 8, 48, 81, 226, 751, 2781],
        [4, 4, 7, 14, 48, 112, 291, 1004, 3724],
        [8, 4.4, 12, 28, 54, 129, 374, 1174, 4230],
      ]),
    },
  },
  "h100-sxm": {
    groups: groupsOf(h100Rows),
    groupsByEngine: {
      trtllm: groupsOf([
        [2, 2.6, 3.3, 4.6, 9.4, 38, 144, 471, 1703],
        [4, 2.9, 4.3, 7.8, 26, 64, 174, 613, 2306],
        [8, 3.8, 6.4, 18, 35, 79, 197, 576, 2107],
      ]),
    },
  },
  "h200-sxm": {
    groups: groupsOf([
      [2, 4.4, 5, 6, 12, 43, 145, 463, 1687],
      [4, 4.5, 6, 10, 18, 52, 180, 609, 2314],
      [8, 4.8, 8, 11, 18, 48, 166, 562, 2035],
    ]),
    groupsByEngine: {
      trtllm: groupsOf([
        [2, 2.8, 3.1, 4.3, 9.2, 34, 136, 466, 1701],
        [4, 3, 4.2, 7.7, 22, 58, 172, 612, 2316],
        [8, 2.9, 6.4, 18, 30, 78, 195, 563, 2042],
      ]),
    },
  },
  "b200-sxm": {
    groups: b200Groups,
    groupsByEngine: {
      trtllm: groupsOf([
        [2, 4.6, 5.1, 5.4, 8, 21, 87, 284, 990],
        [4, 5.2, 5.4, 7.1, 14, 46, 123, 354, 1303],
        [8, 5.2, 6.2, 11, 30, 55, 146, 399, 1362],
      ]),
      sglang: groupsOf([
        [2, 7, 7.8, 9.6, 20, 61, 86, 282, 985],
        [4, 7.3, 8.3, 18, 28, 75, 122, 353, 1299],
        [8, 7.4, 9.4, 26, 29, 80, 169, 397, 1342],
      ]),
    },
  },
  "b300-sxm": {
    groups: likeMeasured(b200Groups, "as B200, same NVLink generation"),
    groupsByEngine: {
      trtllm: groupsOf([
        [2, 4.6, 5.1, 5.4, 7.8, 21, 86, 290, 976],
        [4, 4.8, 5.6, 7.1, 14, 47, 122, 364, 1357],
        [8, 5.2, 6.3, 11, 30, 55, 145, 397, 1341],
      ]),
      sglang: groupsOf([
        [2, 6.6, 7.8, 9.4, 21, 60, 85, 290, 971],
        [4, 7.2, 8.3, 18, 28, 76, 121, 361, 1344],
        [8, 7.5, 9.5, 33, 29, 80, 169, 395, 1336],
      ]),
    },
  },
  gb200: {
    groups: gb200Groups,
    groupsByEngine: {
      trtllm: groupsOf([
        [2, 4.4, 4.5, 5.2, 7.9, 21, 86, 282, 993],
        [4, 4.7, 5.2, 7.1, 15, 50, 125, 353, 1289],
      ]),
      sglang: groupsOf([
        [2, 7, 7.7, 9.9, 20, 64, 82, 278, 966],
        [4, 7.4, 8.3, 19, 30, 79, 125, 351, 1295],
      ]),
    },
  },
  gb300: {
    groups: likeMeasured(gb200Groups, "as GB200, same rack"),
    groupsByEngine: {
      trtllm: groupsOf([
        [2, 4, 4.4, 5, 7.8, 21, 84, 279, 988],
        [4, 4.6, 4.9, 6.8, 14, 49, 122, 348, 1297],
      ]),
      sglang: groupsOf([
        [2, 7.2, 7.5, 9.6, 21, 63, 82, 278, 967],
        [4, 7.1, 8, 19, 30, 79, 125, 346, 1292],
      ]),
    },
  },
  l40s: {
    groups: groupsOf([
      [2, 5.3, 11, 32, 117, 450, 1777, 7007, 27_988],
      [4, 13.5, 60, 219, 841, 3322, 13_598, 54_406, 216_162],
      [8, 25.5, 108, 445, 2080, 8168, 30_062, 120_267, 480_823],
    ]),
    groupsByEngine: {
      trtllm: groupsOf([
        [2, 7, 20, 51, 123, 429, 1673, 6678, 26_644],
        [4, 12, 61, 167, 636, 2538, 10_041, 40_139, 159_668],
        [8, 25, 297, 546, 3440, 12_776, 25_999, 109_507, 441_329],
      ]),
    },
  },
  "rtx-pro-6000": {
    // Two cards with vLLM 0.19; 0.24 took 4.2, 8, 18, 56, 245, 933, 3,630 and 13,845 on the host where four and eight were measured.
    groups: noLessThanFewer(
      groupsOf([
        [2, 8.7, 28, 56, 158, 567, 2214, 8778, 35_029],
        [4, 12.7, 25, 76, 146, 462, 1792, 6942, 26_784],
        [8, 25, 49, 134, 223, 675, 2547, 9923, 38_802],
      ]),
    ),
    groupsByEngine: {
      trtllm: groupsOf([
        [2, 6.7, 12, 32, 73, 245, 934, 3627, 13_856],
        [4, 12.5, 25, 76, 147, 540, 2156, 8536, 32_467],
        [8, 24, 49, 157, 221, 666, 2576, 10_090, 39_057],
      ]),
      sglang: groupsOf([
        [2, 4.5, 7.9, 17, 56, 207, 932, 3622, 13_808],
        [4, 12.6, 25, 76, 146, 462, 1771, 6930, 26_773],
        [8, 24, 49, 157, 219, 664, 2547, 9896, 38_528],
      ]),
    },
  },
} as const satisfies Record<string, SumTimes>;
