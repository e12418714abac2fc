/** One client as ServeGen measured it: how often it sends, how evenly, and how long its requests are. */
export interface ClientProfile {
  readonly id: string;
  /** Windows in the order of time, each as long as the next begins. */
  readonly windows: readonly ClientWindow[];
  /** Lengths by time; empty when they were not measured. */
  readonly lengths: readonly ClientLengths[];
}

export interface ClientWindow {
  readonly fromS: number;
  readonly requestsPerS: number;
  /** Distribution of the gaps and its shape parameter; the mean follows from the rate. */
  readonly gaps: "gamma" | "weibull";
  readonly shape: number;
}

export interface ClientLengths {
  readonly fromS: number;
  readonly input: TokenHistogram;
  readonly output: TokenHistogram;
}

/** Token counts and how likely each is, rising; the last of `upTo` is 1. */
export interface TokenHistogram {
  readonly tokens: readonly number[];
  readonly upTo: readonly number[];
}

export interface ClientProfileSet {
  readonly clients: readonly ClientProfile[];
  /** What could not be used, by file and line, in sentences. */
  readonly problems: readonly string[];
}

/** Windows with a rate above this are taken for damage: no client of a public trace comes near it. */
const absurdPerS = 100_000;
/** Shapes outside are taken for damage; their gaps would be all alike or all but endless. */
const shapes = { least: 1e-4, most: 1e4 };

/**
 * Reads the windows of one client: rows of `start of window s, requests/s, coefficient of variation, family, shape,
 * scale`, without a header. Rows without a rate are silence. Bad rows are silence too, and are reported.
 */
export function parseClientWindows(text: string, name: string, problems: string[]): ClientWindow[] {
  const windows: ClientWindow[] = [];
  let bad = 0;
  let firstBad = 0;
  for (const [index, row] of text.split(/\r?\n/).entries()) {
    if (row.trim() === "") continue;
    const [from = "", rate = "", , family = "", shape = ""] = row.split(",").map((field) => field.trim());
    const fromS = Number(from || Number.NaN);
    const requestsPerS = Number(rate || Number.NaN);
    const isTime = fromS >= 0 && fromS > (windows.at(-1)?.fromS ?? -1) && Number.isFinite(fromS);
    const isRate = requestsPerS >= 0 && requestsPerS <= absurdPerS;
    const gaps = family.toLowerCase() === "weibull" ? "weibull" : "gamma";
    const shapeOf = Number(shape || Number.NaN);
    const hasShape = shapeOf >= shapes.least && shapeOf <= shapes.most;
    if (!isTime || !isRate || (requestsPerS > 0 && (!hasShape || !/^(gamma|weibull)$/i.test(family)))) {
      if (bad++ === 0) firstBad = index + 1;
      continue;
    }
    windows.push({ fromS, requestsPerS, gaps, shape: requestsPerS > 0 ? shapeOf : 1 });
  }
  if (bad > 0) problems.push(`${name}:${firstBad}: ${bad} row(s) left out: no window of a client`);
  return windows;
}

/** Reads the lengths of one client: by start of window, histograms as text such as `{50: 0.04, 51: 0.96}`. */
export function parseClientLengths(text: string, name: string, problems: string[]): ClientLengths[] {
  let entries: [string, unknown][];
  try {
    entries = Object.entries(JSON.parse(text) as Record<string, unknown>);
  } catch (error) {
    problems.push(`${name}: left out: ${(error as Error).message}`);
    return [];
  }
  const lengths: ClientLengths[] = [];
  for (const [from, value] of entries) {
    const fields = (value ?? {}) as Record<string, unknown>;
    const input = parseHistogram(fields["input_tokens"] ?? fields["text_tokens"]);
    const output = parseHistogram(fields["output_tokens"]);
    const fromS = Number(from);
    if (!(fromS >= 0) || input === null || output === null) continue;
    lengths.push({ fromS, input: withImages(input, fields), output });
  }
  if (lengths.length === 0 && entries.length > 0) problems.push(`${name}: left out: no histogram of tokens`);
  return lengths.toSorted((a, b) => a.fromS - b.fromS);
}

/** Pictures come as tokens too: the mean of their tokens times the mean of their number lengthens every prompt. */
function withImages(input: TokenHistogram, fields: Readonly<Record<string, unknown>>): TokenHistogram {
  const tokens = parseHistogram(fields["image_tokens"]);
  const count = parseHistogram(fields["image_count"]);
  const extra = tokens && count ? Math.round(meanOf(tokens) * meanOf(count)) : 0;
  return extra > 0 ? { ...input, tokens: input.tokens.map((value) => value + extra) } : input;
}

function meanOf({ tokens, upTo }: TokenHistogram): number {
  return tokens.reduce((sum, value, i) => sum + value * (upTo[i]! - (upTo[i - 1] ?? 0)), 0);
}

function parseHistogram(text: unknown): TokenHistogram | null {
  if (typeof text !== "string") return null;
  const tokens: number[] = [];
  const shares: number[] = [];
  for (const match of text.matchAll(/(\d+)\s*:\s*([\d.eE+-]+)/g)) {
    const share = Number(match[2]);
    const count = Number(match[1]);
    if (!(share > 0 && share <= 1) || count > 10_000_000) continue;
    tokens.push(count);
    shares.push(share);
  }
  const total = shares.reduce((sum, share) => sum + share, 0);
  if (!(total > 0)) return null;
  let sum = 0;
  return { tokens, upTo: shares.map((share) => (sum += share / total)) };
}

/** The token count at a uniform number; at least 1. */
export function drawTokens({ tokens, upTo }: TokenHistogram, uniform: number): number {
  let low = 0;
  let high = upTo.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (upTo[middle]! > uniform) high = middle;
    else low = middle + 1;
  }
  return Math.max(1, tokens[low]!);
}
