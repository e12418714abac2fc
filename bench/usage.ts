/** What was typed behind a benchmark's name is not what it takes. Not a benchmark of its own. */
export class UsageFault extends Error {}

export interface NumberBounds {
  /** Smallest value that makes sense; 1 when left out. */
  readonly least?: number;
  readonly most?: number;
  /** Parts of a whole are allowed. */
  readonly parts?: boolean;
}

/** The number that an argument names, or `otherwise` where it is left out. `what` names it in words. */
export function numberOf(
  text: string | undefined,
  what: string,
  otherwise: number,
  { least = 1, most = Number.MAX_SAFE_INTEGER, parts = false }: NumberBounds = {},
): number {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (text.trim() === "" || !(value >= least && value <= most) || !(parts || Number.isSafeInteger(value))) {
    const upTo = most < Number.MAX_SAFE_INTEGER ? ` to ${most}` : " on";
    throw new UsageFault(`${what} is ${parts ? "a number" : "a whole number"} from ${least}${upTo}, not "${text}"`);
  }
  return value;
}

/** One of the words an argument may be. */
export function choiceOf<const W extends string>(text: string, what: string, words: readonly W[]): W {
  const word = words.find((candidate) => candidate === text);
  if (word === undefined) throw new UsageFault(`${what} is one of ${words.join(", ")}, not "${text}"`);
  return word;
}
