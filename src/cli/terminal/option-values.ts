/** Reads the values of options; each throws what the command line prints behind the option's name. */
import { InvalidArgumentError } from "commander";

/** Values of an option that may be given several times. */
export const collect = (value: string, previous: string[]): string[] => [...previous, value];

export function number(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) throw new InvalidArgumentError("It must be a number.");
  return value;
}

export function positive(text: string): number {
  const value = number(text);
  if (value <= 0) throw new InvalidArgumentError("It must be above 0.");
  return value;
}

export function wholeNumber(text: string): number {
  const value = number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new InvalidArgumentError("It must be a whole number from 0 on.");
  return value;
}

export function ratio(text: string): number {
  const value = share(text);
  if (value >= 1) throw new InvalidArgumentError("It must lie between 0 and 1, or be a percentage below 100 %.");
  return value;
}

export function years(text: string): number {
  const value = wholeNumber(text);
  if (value < 1 || value > 50) throw new InvalidArgumentError("It must be a whole number from 1 to 50.");
  return value;
}

/** A share that may exceed one. */
export function share(text: string): number {
  const value = text.trim().endsWith("%") ? number(text.trim().slice(0, -1)) / 100 : number(text);
  if (value < 0) throw new InvalidArgumentError("It must be 0 or above, for example 10% or 0.1.");
  return value;
}

export function seconds(text: string): number {
  const value = secondsFromZero(text);
  if (value === 0) throw new InvalidArgumentError("It must be a duration above 0, such as 60s, 5min or 1h.");
  return value;
}

/** A duration that may be none, or a time since the start. */
export function secondsFromZero(text: string): number {
  const match = /^\s*([\d.]+(?:e\d+)?)\s*(s|min|h|d)?\s*$/i.exec(text);
  const value = match
    ? Number(match[1]) *
      { s: 1, min: 60, h: 3600, d: 86_400 }[(match[2] ?? "s").toLowerCase() as "s" | "min" | "h" | "d"]
    : Number.NaN;
  if (!(value >= 0)) throw new InvalidArgumentError("It must be a duration such as 60s, 5min or 1h.");
  return value;
}

export function positiveWhole(text: string): number {
  const value = wholeNumber(text);
  if (value < 1) throw new InvalidArgumentError("It must be a whole number from 1 on.");
  return value;
}

/** Two times since the start, s. */
export function timeWindow(text: string): { readonly fromS: number; readonly toS: number } {
  const [from = "", to = "", ...rest] = text.split("-");
  const fromS = secondsFromZero(from);
  const toS = seconds(to);
  if (rest.length > 0 || toS <= fromS) throw new InvalidArgumentError("Write two times such as 60s-70s.");
  return { fromS, toS };
}

const mostSeeds = 100_000;

/** Whole numbers separated by commas, and spans such as 1..5. */
export function parseSeeds(text: string): number[] {
  const seeds = text.split(",").flatMap((part) => {
    const span = /^(\d+)\.\.(\d+)$/.exec(part.trim());
    if (!span) return [wholeNumber(part)];
    const [first, last] = [Number(span[1]), Number(span[2])];
    if (!(last >= first)) throw new InvalidArgumentError("A span of seeds rises, for example 1..5.");
    if (last - first >= mostSeeds) throw new InvalidArgumentError(`A span has at most ${mostSeeds} seeds.`);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
  return [...new Set(seeds)];
}

/** Factors above 0, separated by commas. */
export function parseFactors(text: string): number[] {
  return [...new Set(text.split(",").map(positive))];
}

/** Whole numbers from 1 on, with commas between. */
export function wholeNumbers(text: string): number[] {
  const values = text.split(",").map(wholeNumber);
  if (values.some((value) => value < 1)) {
    throw new InvalidArgumentError("It must be numbers from 1 on, such as 1,4,16.");
  }
  return values;
}

/** Origins as browsers name them: scheme, host and port, nothing behind. `*` stands for all. */
export function webOrigins(text: string): readonly string[] | "*" {
  if (text.trim() === "*") return "*";
  return text.split(",").map((part) => {
    const origin = part.trim().replace(/\/$/, "");
    const known = URL.parse(origin);
    if (known === null || !/^https?:$/.test(known.protocol) || known.origin !== origin.toLowerCase()) {
      throw new InvalidArgumentError(
        `"${part.trim()}" is no origin: name scheme, host and port, as https://app.example.`,
      );
    }
    return known.origin;
  });
}
