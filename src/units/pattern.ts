import { findAtom, parseCompound, sameDimensions, spellings, type Compound } from "./compound.ts";
import { currencySymbols, magnitudes } from "./table.ts";

const escaped = (text: string): string => text.replaceAll(/[$()*+./?[\\\]^{|}]/g, (sign) => `\\${sign}`);
const oneOf = (words: readonly string[]): string => `(?:${words.map(escaped).join("|")})`;

const sign = "[+\\-]?";
const digits = "\\d+(?:_\\d+)*(?:\\.\\d+)?(?:[eE][+\\-]?\\d+)?";
const magnitude = oneOf(Object.keys(magnitudes));
const mark = oneOf(Object.keys(currencySymbols));
const amounts = ["", "k", "M", "G", "bn"];
/** Slips of the shift key that look like a currency, `KWH` for one: the parser takes none of them for money. */
const slips = spellings.flatMap((word) =>
  amounts.flatMap((amount) => {
    const rest = word.slice(amount.length);
    const isSlip = /^[a-z]{3}$/i.test(rest) && word.toLowerCase().startsWith(amount.toLowerCase());
    return isSlip ? [amount + rest.toUpperCase()] : [];
  }),
);
const code = `(?!${oneOf([...new Set(slips)])}(?![A-Za-z]))(?:k|M|G|bn)?[A-Z]{3}`;

/**
 * A regular expression, as JSON Schema takes it, of what `parseQuantity` reads where `unit` is due: for editors, which know
 * no units. It refuses every number without a unit and every single word of another dimension; of words joined by `/` it
 * refuses those that have no part in what is due, and leaves the rest to the parser.
 *
 * @param unit For example `ms`, `USD/kWh`, `ratio`.
 */
export function quantityPattern(unit: string): string {
  const due = parseCompound(unit);
  if ("kind" in due) throw new RangeError(`the unit ${unit} is not known`);
  const word = wordOf(unit, due);
  const per = `(?:\\s*/\\s*(?:${word}|\\(\\s*${word}(?:\\s*/\\s*${word})*\\s*\\)))`;
  // Money may stand alone or over something; every other unit is one word, or several where it is made of several.
  const below = /\//.test(unit) || Object.keys(due.dimensions).length > 1 ? `${per}+` : "";
  if (due.currency !== null) {
    const before = `${sign}(?:${mark}|[A-Z]{3}\\s)\\s*${sign}${digits}(?:\\s?${magnitude})?`;
    const behind = `${sign}${digits}(?:${magnitude}\\s+|\\s?${magnitude}\\s?(?=${mark})|\\s?)(?:${mark}|${code})`;
    return `^\\s*(?:${before}|${behind})${below}\\s*$`;
  }
  const single = spellings.filter((word) => sameDimensions(compoundOf(word), due));
  const forms = [...(single.length > 0 ? [oneOf(single)] : []), ...(below === "" ? [] : [`${word}${below}`])];
  return `^\\s*${sign}${digits}(?:${magnitude}\\s+|\\s?)(?:${forms.join("|")})\\s*$`;
}

/** Every word that measures nothing but what takes part in `unit`, also where it cancels: time in `USD/(Gbit/s)/month`. */
function wordOf(unit: string, due: Compound): string {
  const parts = (unit.match(/[\p{L}%]+/gu) ?? []).flatMap((word) =>
    findAtom(word) === null ? [] : [compoundOf(word)],
  );
  const names = new Set([due, ...parts].flatMap(({ dimensions }) => Object.keys(dimensions)));
  const takesPart = (word: string): boolean =>
    Object.keys(compoundOf(word).dimensions).every((name) => names.has(name));
  return oneOf(spellings.filter(takesPart));
}

function compoundOf(word: string): Compound {
  const { unit } = findAtom(word)!;
  return { dimensions: unit.dimensions, factor: unit.factor, currency: null };
}
