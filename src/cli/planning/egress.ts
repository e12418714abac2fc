import { egressTbpsPerGw } from "../../catalog/index.ts";
import { egressCapacityTbps, egressUsdPerYear, exabytesPerMonth, splitOverNodes } from "../../network/index.ts";
import { parseQuantity } from "../../units/index.ts";
import { CommandFailure, exitCodes } from "../terminal/exit-codes.ts";
import { three, usd } from "../terminal/figures.ts";
import { textTable } from "../terminal/text-table.ts";

/** `disperse egress`: dividing a data centre divides its ports, not its traffic; the price class decides the bill. */
export function egress(options: { power: string; generation: string; nodes: number }): void {
  const power = parseQuantity(options.power, { unit: "GW", example: "1 GW" });
  if (!power.ok)
    throw new CommandFailure(exitCodes.invalid, `--power: ${power.problem.message}; ${power.problem.hint}`);
  if (!(power.value > 0)) {
    throw new CommandFailure(exitCodes.invalid, `--power: "${options.power}" must be above 0; write for example 1 GW.`);
  }
  const figures = egressTbpsPerGw as Readonly<Record<string, { value: number } | undefined>>;
  const perGw = figures[options.generation]?.value;
  if (perGw === undefined) {
    const known = Object.keys(figures).join(", ");
    throw new CommandFailure(exitCodes.invalid, `--generation: "${options.generation}" is not known. Known: ${known}.`);
  }
  if (options.nodes < 1) throw new CommandFailure(exitCodes.invalid, "--nodes: at least one node is needed.");
  const totalTbps = egressCapacityTbps(power.value, perGw);
  const split = splitOverNodes(totalTbps, options.nodes);
  const rows = [
    ["egress per GW", `${three(perGw)} Tbit/s`],
    ["nodes", String(options.nodes)],
    ["egress per port", `${three(split.perNodeTbps)} Tbit/s`],
    ["egress in total", `${three(split.totalTbps)} Tbit/s`],
    ["volume at full load", `${three(exabytesPerMonth(split.totalTbps))} EB/month`],
    ["at cloud list price, 0.05 USD/GB", `${usd(egressUsdPerYear(split.totalTbps, { usdPerGB: 0.05 }))} per year`],
    [
      "at transit price, 0.10 USD/(Mbit/s)/month",
      `${usd(egressUsdPerYear(split.totalTbps, { usdPerMbpsMonth: 0.1 }))} per year`,
    ],
  ];
  process.stdout.write(`${textTable(["", options.generation], rows)}\n`);
}
