/** An error code: what went wrong in general, and what to do about it. */
export interface ErrorEntry {
  readonly title: string;
  readonly remedy: string;
}

export type ErrorRegistry = Readonly<Record<string, ErrorEntry>>;

/** Every code that reading a scenario can give. The reference page of errors is generated from this table. */
export const errorRegistry = {
  DSP_UNIT_BARE_NUMBER: {
    title: "A number without a unit stands where a quantity is due.",
    remedy: "Write the unit with the number: `15 ms`, `$40k`, `8 %`.",
  },
  DSP_UNIT_BAD_NUMBER: {
    title: "The text holds no clear number.",
    remedy: "Write digits, a point for decimals and `_` or nothing between thousands: `1_500.5`.",
  },
  DSP_UNIT_UNKNOWN: {
    title: "The unit is not known.",
    remedy: "Take a unit of docs/reference/units.md; case matters (`ms`, not `MS`).",
  },
  DSP_UNIT_WRONG_DIMENSION: {
    title: "The unit measures something else than what is due.",
    remedy: "Mind bits (`b`, `bit`) and bytes (`B`), power (`kW`) and energy (`kWh`).",
  },
  DSP_UNIT_SYNTAX: {
    title: "The text is not a quantity.",
    remedy: "Write a number, a unit, then `/` and further units: `7.5 USD/(Mbit/s)/month`.",
  },
  DSP_UNIT_OUT_OF_RANGE: {
    title: "The number is too large or too small to be computed with.",
    remedy: "Check the exponent.",
  },
  DSP_UNIT_NO_EXCHANGE_RATE: {
    title: "Money is in a currency without a rate.",
    remedy: "Add the rate to the section `exchangeRates`.",
  },
  DSP_SCENARIO_NO_FILE: {
    title: "A file cannot be read.",
    remedy: "Check the path; it is relative to the folder of the scenario.",
  },
  DSP_SCENARIO_TOO_LARGE: {
    title: "The file is larger than a scenario can sensibly be.",
    remedy: "Keep bulk data in CSV files beside the scenario: `- file: sites.csv`.",
  },
  DSP_SCENARIO_NOT_TEXT: {
    title: "The file is not UTF-8 text.",
    remedy: "Save it as UTF-8 text; a scenario is a YAML file.",
  },
  DSP_SCENARIO_EMPTY: { title: "The file holds nothing.", remedy: "`disperse init` writes a scenario to start from." },
  DSP_SCENARIO_SYNTAX: {
    title: "The file is not valid YAML.",
    remedy: "Mind indentation (spaces, no tabs), the space after `:`, and quotes around text with special characters.",
  },
  DSP_SCENARIO_SEVERAL_DOCUMENTS: {
    title: "The file holds several YAML documents.",
    remedy: "Keep one scenario per file; variants belong in `overrides` and `scenarios`.",
  },
  DSP_SCENARIO_TOO_COMPLEX: {
    title: "The file is nested too deeply, or its aliases expand without end.",
    remedy: "Write repeated values out, or use `overrides`.",
  },
  DSP_SCENARIO_DUPLICATE_KEY: { title: "A key stands twice in one mapping.", remedy: "Remove one of them." },
  DSP_SCENARIO_UNKNOWN_KEY: {
    title: "A key is not part of the specification.",
    remedy: "See docs/reference/scenario.md for the keys of every section.",
  },
  DSP_SCENARIO_MISSING_KEY: {
    title: "A key that must be there is missing.",
    remedy: "Add it; the hint shows an example.",
  },
  DSP_SCENARIO_WRONG_TYPE: {
    title: "A value has another form than is due, such as a list instead of a mapping.",
    remedy: "See docs/reference/scenario.md for the form.",
  },
  DSP_SCENARIO_WRONG_VALUE: {
    title: "A value is not one of those allowed.",
    remedy: "Take one of those the message names.",
  },
  DSP_SCENARIO_OUT_OF_RANGE: {
    title: "A number is outside the range that makes sense.",
    remedy: "The message names the bound.",
  },
  DSP_SCENARIO_PERIOD_COUNT: {
    title: "A list by period has another length than there are periods.",
    remedy: "Give one value for all periods, or exactly `horizon.periods` values.",
  },
  DSP_SCENARIO_DUPLICATE_ID: { title: "Two entries have the same id.", remedy: "Give every entry its own id." },
  DSP_SCENARIO_UNKNOWN_REFERENCE: {
    title: "A name refers to something that does not exist.",
    remedy: "Check the spelling; `disperse data show` lists what the catalogue holds.",
  },
  DSP_SCENARIO_SHARES: {
    title: "Shares do not sum to 100 %.",
    remedy: "Adjust them; what is missing or too much is in the message.",
  },
  DSP_SCENARIO_CONFLICT: { title: "Two values contradict each other.", remedy: "Keep one of them." },
  DSP_SCENARIO_NOTHING_SELECTED: {
    title: "A selection over the catalogue finds nothing.",
    remedy: "Loosen the filter: countries, continents, `populationAbove`.",
  },
  DSP_SCENARIO_IMPOSSIBLE: {
    title: "What is asked for is impossible whatever is planned.",
    remedy: "The message says which demand has no place where it may be served, and why.",
  },
  DSP_SCENARIO_OVERRIDE_CYCLE: { title: "A scenario is made of itself.", remedy: "Break the cycle the message names." },
  DSP_SCENARIO_OVERRIDE_PATH: {
    title: "An override leads to a place that does not exist.",
    remedy: "Address entries of a list by their id or position: `sites.fra-1.powerLimit`.",
  },
  DSP_SCENARIO_CSV_SYNTAX: {
    title: "A CSV file is not well formed.",
    remedy: "One header line, commas between cells, double quotes around cells with commas (RFC 4180).",
  },
  DSP_SCENARIO_CSV_HEADER: {
    title: "A CSV column cannot be used.",
    remedy: "Name columns like the keys of an entry; a unit for all cells goes in brackets: `powerLimit [MW]`.",
  },
  DSP_SCENARIO_TOO_MANY: {
    title: "There are more problems than are shown.",
    remedy: "Mend the first ones; often the others go with them.",
  },
} as const satisfies ErrorRegistry;

export type ErrorCode = keyof typeof errorRegistry;

/** Anchor of a code in the reference of errors. */
export function docsAnchor(code: string): string {
  return `docs/reference/errors.md#${code.toLowerCase()}`;
}

/** The reference page of errors, as Markdown; further registries are listed after this one. */
export function errorsReference(...further: readonly ErrorRegistry[]): string {
  const sections = [errorRegistry, ...further].flatMap((registry: ErrorRegistry) =>
    Object.entries(registry).map(([code, entry]) => `## ${code}\n\n${entry.title}\n\n*Remedy:* ${entry.remedy}\n`),
  );
  const head = "# Errors\n\n<!-- Generated from the error registries; rewrite with UPDATE=1 npm test. -->\n";
  return [head, "Every error carries one of these codes, the place in the file, and a hint.\n", ...sections].join("\n");
}
