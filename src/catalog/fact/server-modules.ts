import type { AcceleratorId } from "./accelerators.ts";
import { analyst, assumed, measured, vendor, type Figure, type FigureExtras } from "./figure.ts";
import type { ServerModuleRow } from "./server-module-row.ts";
import type { Tier } from "../world/world-places.ts";

const usd = (value: number, note: string, extras?: FigureExtras) => assumed(value, "USD", note, extras);
const kilowatts = (value: number, note: string, extras?: FigureExtras) => assumed(value, "kW", note, extras);

/** Big servers idle at about a quarter of their wall power, boxes with one low-power chip at about a third. */
const idle = (powerKw: number, ratio = 0.25) =>
  assumed(Number((powerKw * ratio).toPrecision(3)), "kW", `wall power × ${ratio}`);

const serverLife = analyst(5, "year", "epoch-2026", {
  low: 3,
  high: 7,
  note: "the companies' own books say 5 to 6 years",
});
const boxLife = assumed(5, "year", "as servers");
const rackLead = assumed(0.75, "year", "allotted supply, from order to service", { low: 0.5, high: 1.5 });
const serverLead = assumed(0.4, "year", "from order to service", { low: 0.15, high: 1 });
const boxLead = assumed(0.15, "year", "catalogue goods", { low: 0.05, high: 0.3 });

/** Memory as a share of the price. Analysts give it for racks; the others stand by the kind of memory their chips have. */
const rubinMemory = analyst(0.256, "ratio", "morgan-stanley-2026-05", {
  low: 0.25,
  high: 0.3,
  note: "about 2.0 of 7.8 million of a VR200 rack",
});
const blackwellMemory = analyst(0.075, "ratio", "morgan-stanley-2026-05", {
  low: 0.05,
  high: 0.1,
  note: "share of a Blackwell rack's bill of material",
});
const stackedMemory = assumed(0.1, "ratio", "chips with stacked memory (HBM): upper end of Blackwell racks", {
  low: 0.05,
  high: 0.25,
});
const plainMemory = assumed(0.08, "ratio", "chips with GDDR or LPDDR memory: less per chip, less dear per GB", {
  low: 0.04,
  high: 0.2,
});
const stacked: ReadonlySet<AcceleratorId> = new Set<AcceleratorId>([
  "a100-sxm",
  "h100-sxm",
  "h200-sxm",
  "mi300x",
  "mi355x",
]);

function memoryShareOf(accelerator: AcceleratorId): Figure {
  if (accelerator === "vr200") return rubinMemory;
  if (/^g?b[23]00/.test(accelerator)) return blackwellMemory;
  return stacked.has(accelerator) ? stackedMemory : plainMemory;
}

const datacentre: readonly Tier[] = ["core", "regional"];
const anywhere: readonly Tier[] = ["core", "regional", "edge"];
const nearUsers: readonly Tier[] = ["regional", "edge"];
const edgeOnly: readonly Tier[] = ["edge"];

interface ServerCells {
  readonly name: string;
  readonly accelerator: AcceleratorId;
  readonly count: number;
  readonly price: Figure;
  readonly power: Figure;
  readonly lead?: Figure;
  readonly tiers: readonly Tier[];
}

const server = (cells: ServerCells): ServerModuleRow => ({
  name: cells.name,
  accelerator: cells.accelerator,
  acceleratorCount: cells.count,
  priceUsd: cells.price,
  memoryShareRatio: memoryShareOf(cells.accelerator),
  powerKw: cells.power,
  idlePowerKw: idle(cells.power.value),
  lifeYears: serverLife,
  leadTimeYears: cells.lead ?? serverLead,
  tiers: cells.tiers,
});

const rack = (name: string, accelerator: AcceleratorId, price: Figure, power: Figure): ServerModuleRow =>
  server({ name, accelerator, count: 72, price, power, lead: rackLead, tiers: ["core"] });

const box = (name: string, accelerator: AcceleratorId, price: Figure, power: Figure): ServerModuleRow => ({
  name,
  accelerator,
  acceleratorCount: 1,
  priceUsd: price,
  memoryShareRatio: memoryShareOf(accelerator),
  powerKw: power,
  idlePowerKw: idle(power.value, 0.33),
  lifeYears: boxLife,
  leadTimeYears: boxLead,
  tiers: edgeOnly,
});

const hostRule = "card prices plus host; an 8-GPU H100 node costs 1.48 times its cards";

/** What one can buy. Prices are for one server or rack with host, network cards and assembly, without building. */
const table = {
  a100x8: server({
    name: "8× A100 SXM server (used)",
    accelerator: "a100-sxm",
    count: 8,
    price: analyst(110_000, "USD", "card-prices-2026", { low: 80_000, high: 140_000, note: "used cards plus host" }),
    power: kilowatts(6.5, "maximum of the DGX A100 class"),
    lead: boxLead,
    tiers: datacentre,
  }),
  h100x8: server({
    name: "8× H100 SXM server (HGX)",
    accelerator: "h100-sxm",
    count: 8,
    price: analyst(325_000, "USD", "node-prices-2026", { low: 300_000, high: 350_000 }),
    power: vendor(10.2, "kW", "node-prices-2026"),
    tiers: datacentre,
  }),
  h200x8: server({
    name: "8× H200 SXM server (HGX)",
    accelerator: "h200-sxm",
    count: 8,
    price: usd(350_000, hostRule, { low: 320_000, high: 400_000 }),
    power: kilowatts(10.2, "as the H100 node, same board power"),
    tiers: datacentre,
  }),
  b200x8: server({
    name: "8× B200 SXM server (HGX)",
    accelerator: "b200-sxm",
    count: 8,
    price: usd(490_000, hostRule, { low: 400_000, high: 560_000 }),
    power: vendor(14.3, "kW", "nvidia-datasheets", {
      low: 9.4,
      note: "nameplate of DGX B200; 9.4 to 10.4 kW measured under LLM inference (MLPerf v5.1)",
    }),
    tiers: datacentre,
  }),
  b300x8: server({
    name: "8× B300 SXM server (HGX)",
    accelerator: "b300-sxm",
    count: 8,
    price: usd(560_000, "B200 server plus a seventh for the larger memory", { low: 480_000, high: 680_000 }),
    power: kilowatts(15.5, "B200 server plus 8 × 100 W and cooling"),
    tiers: datacentre,
  }),
  "gb200-nvl72": rack(
    "GB200 NVL72 rack",
    "gb200",
    analyst(3_500_000, "USD", "morgan-stanley-2026-05", { low: 3_100_000, high: 4_000_000 }),
    analyst(132, "kW", "bernstein-2025", { low: 120, note: "quoted as 120 to 132 kW" }),
  ),
  "gb300-nvl72": rack(
    "GB300 NVL72 rack",
    "gb300",
    analyst(3_750_000, "USD", "morgan-stanley-2026-05", { low: 3_100_000, high: 4_000_000 }),
    analyst(132, "kW", "bernstein-2025", { low: 120, high: 142, note: "quoted as 120 to 132 kW" }),
  ),
  "vr200-nvl72": rack(
    "VR200 NVL72 rack (Rubin)",
    "vr200",
    analyst(7_800_000, "USD", "morgan-stanley-2026-05", {
      high: 8_800_000,
      note: "of which memory about 2.0 million",
    }),
    analyst(210, "kW", "rubin-announcement", { low: 190, high: 230, note: "between Max-Q and Max-P settings" }),
  ),
  mi300x8: server({
    name: "8× MI300X server",
    accelerator: "mi300x",
    count: 8,
    price: usd(210_000, hostRule, { low: 180_000, high: 260_000 }),
    power: kilowatts(10.5, "8 × 750 W plus host, at the ratio of the H100 node"),
    tiers: datacentre,
  }),
  mi355x8: server({
    name: "8× MI355X server",
    accelerator: "mi355x",
    count: 8,
    price: usd(380_000, "no public price; between the H200 and the B200 server", { low: 280_000, high: 480_000 }),
    power: kilowatts(17, "8 × 1,400 W plus host, at the ratio of the B200 node"),
    tiers: datacentre,
  }),
  "rtx-pro-6000x8": server({
    name: "8× RTX PRO 6000 server",
    accelerator: "rtx-pro-6000",
    count: 8,
    price: usd(99_000, "8 × 8,600 for cards plus 30,000 for a PCIe host", { low: 85_000, high: 125_000 }),
    power: kilowatts(6, "8 × 600 W plus 1.2 kW for host and fans"),
    tiers: anywhere,
  }),
  "rtx-pro-6000x4": server({
    name: "4× RTX PRO 6000 server",
    accelerator: "rtx-pro-6000",
    count: 4,
    price: usd(50_000, "4 × 8,600 for cards plus 16,000 for a PCIe host", { low: 43_000, high: 65_000 }),
    power: kilowatts(3, "4 × 600 W plus 0.6 kW for host and fans"),
    tiers: anywhere,
  }),
  "rtx-pro-6000x2": server({
    name: "2× RTX PRO 6000 server",
    accelerator: "rtx-pro-6000",
    count: 2,
    price: usd(26_000, "2 × 8,600 for cards plus 9,000 for a host", { low: 22_000, high: 34_000 }),
    power: kilowatts(1.55, "2 × 600 W plus 0.35 kW for host and fans"),
    tiers: nearUsers,
  }),
  "rtx-pro-6000x1": server({
    name: "1× RTX PRO 6000 server",
    accelerator: "rtx-pro-6000",
    count: 1,
    price: usd(14_600, "8,600 for the card plus 6,000 for a host", { low: 12_500, high: 19_000 }),
    power: kilowatts(0.85, "600 W plus 0.25 kW for host and fans"),
    tiers: nearUsers,
  }),
  l40sx8: server({
    name: "8× L40S server",
    accelerator: "l40s",
    count: 8,
    price: analyst(90_000, "USD", "datastorage-l40s", { low: 60_000, high: 120_000, note: "turnkey systems" }),
    power: kilowatts(3.9, "8 × 350 W plus 1.1 kW for host and fans"),
    tiers: anywhere,
  }),
  l40sx4: server({
    name: "4× L40S server",
    accelerator: "l40s",
    count: 4,
    price: usd(50_000, "4 × 8,500 for cards plus 16,000 for a PCIe host", { low: 36_000, high: 62_000 }),
    power: kilowatts(2, "4 × 350 W plus 0.6 kW for host and fans"),
    tiers: anywhere,
  }),
  l4x4: server({
    name: "4× L4 server",
    accelerator: "l4",
    count: 4,
    price: usd(18_000, "4 × 2,500 for cards plus 8,000 for a host", { low: 15_000, high: 24_000 }),
    power: kilowatts(0.65, "4 × 72 W plus 0.36 kW for host and fans"),
    tiers: nearUsers,
  }),
  l4x1: server({
    name: "1× L4 server",
    accelerator: "l4",
    count: 1,
    price: usd(6_500, "2,500 for the card plus 4,000 for a host", { low: 5_000, high: 9_000 }),
    power: kilowatts(0.22, "72 W plus 0.15 kW for host and fans"),
    tiers: edgeOnly,
  }),
  "arc-pro-b60x4": server({
    name: "4× Arc Pro B60 server",
    accelerator: "arc-pro-b60",
    count: 4,
    price: usd(9_000, "no public server price; cards of the 600 to 900 dollar class plus host", {
      low: 6_000,
      high: 14_000,
    }),
    power: kilowatts(1.15, "4 × 200 W plus 0.35 kW for host and fans"),
    tiers: nearUsers,
  }),
  "ai100-ultrax4": server({
    name: "4× Cloud AI 100 Ultra server",
    accelerator: "ai100-ultra",
    count: 4,
    price: usd(45_000, "no public price; like a 4× L40S server", { low: 25_000, high: 80_000 }),
    power: kilowatts(0.95, "4 × 150 W plus 0.35 kW for host and fans"),
    tiers: nearUsers,
  }),
  "jetson-agx-thorx1": box(
    "Jetson AGX Thor box",
    "jetson-agx-thor",
    usd(3_499, "developer kit, from memory of the list price; rugged boxes cost more", { high: 6_000 }),
    vendor(0.14, "kW", "nvidia-jetson", { note: "130 W module plus carrier" }),
  ),
  "jetson-agx-orinx1": box(
    "Jetson AGX Orin box",
    "jetson-agx-orin",
    usd(2_000, "developer kit; list price from memory of the market", { high: 3_500 }),
    vendor(0.07, "kW", "nvidia-jetson", { note: "60 W module plus carrier" }),
  ),
  "hailo-10hx1": box(
    "Hailo-10H box (single-board computer)",
    "hailo-10h",
    usd(250, "130 for the accelerator board (awesomeagents, 2026) plus a single-board computer", { high: 600 }),
    measured(0.012, "kW", "hailo-review", { note: "2.5 W chip plus host board" }),
  ),
} satisfies Record<string, ServerModuleRow>;

export type ServerModuleId = keyof typeof table;

/** All buyable modules by id: the chip, `x`, the count; or the name of the rack. */
export const serverModules: Readonly<Record<ServerModuleId, ServerModuleRow>> = table;

/** What may be bought when a scenario does not say: current generations of each class, none of them used or announced only. */
export const usualModules: readonly ServerModuleId[] = [
  "b200x8",
  "h200x8",
  "rtx-pro-6000x8",
  "rtx-pro-6000x2",
  "l4x4",
  "jetson-agx-thorx1",
];
