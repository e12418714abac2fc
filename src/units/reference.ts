import { currencySymbols, magnitudes, units } from "./table.ts";

const row = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;

const code = (words: readonly string[]): string => words.map((word) => `\`${word}\``).join(" ");

/** The reference page of units, as Markdown. */
export function unitsReference(): string {
  return `${[
    "# Units",
    "",
    "<!-- Generated from src/units/table.ts; rewrite with UPDATE=1 npm test. -->",
    "",
    "A quantity is a number, a unit, and where needed one chain of `/`: `15 ms`, `0.07 USD/kWh`, `7.5 USD/(Mbit/s)/month`.",
    "Thousands may be grouped with `_`, numbers may be written as `1.5e6`. A number without a unit is refused.",
    "Case matters: `m` is a thousandth and `M` a million, `b` is a bit and `B` a byte.",
    "",
    row(["unit", "also written", "prefixes", "meaning", "example"]),
    row(["---", "---", "---", "---", "---"]),
    ...units.map((unit) =>
      row([`\`${unit.symbol}\``, code(unit.aliases), code(unit.prefixes), unit.doc, `\`${unit.example}\``]),
    ),
    "",
    "A year has 365 days (8760 hours) and a month is a twelfth of it (730 hours), everywhere in Disperse.",
    "",
    "## Money",
    "",
    "Money carries its currency: a symbol before the number, or an ISO 4217 code before or after it: `$40k`, `40k USD`,",
    "`EUR 1.2M`, `€300`. Currencies other than USD need a rate in the scenario's section `exchangeRates`.",
    "",
    `Symbols: ${Object.entries(currencySymbols)
      .map(([symbol, iso]) => `\`${symbol}\` ${iso}`)
      .join(", ")}.`,
    "",
    `Magnitudes: ${Object.entries(magnitudes)
      .map(([suffix, factor]) => `\`${suffix}\` ${factor.toExponential(0).replace("+", "")}`)
      .join(", ")}.`,
  ].join("\n")}\n`;
}
