import { batchMs, type Replica } from "./replica.ts";

/** Lengths of the requests an engine serves; input and output are independent lognormals. */
export interface RequestShape {
  /** Tokens. */
  readonly inputMean: number;
  /** Standard deviation / mean. */
  readonly inputCv: number;
  readonly outputMean: number;
  readonly outputCv: number;
  /** Share of input tokens found in the prefix cache. */
  readonly prefixHitRatio: number;
}

/** What the shape means to one engine; every load point needs it. Times in ms. */
export interface ShapeCosts {
  /** Output tokens; at least 1, as every request produces a first token. */
  readonly outputMean: number;
  /**
   * Steps a request decodes: the prompt's step gives its first token. A request of one token still counts half a step,
   * so that rate and batch stay tied.
   */
  readonly decodeSteps: number;
  readonly outputCvSquared: number;
  /** Output tokens at quantile `p`. */
  readonly outputQuantile: (p: number) => number;
  /** Context of a sequence caught while decoding: long answers are caught more often (length bias), tokens. */
  readonly contextTokens: number;
  /** Most sequences that can decode at once: seats, KV memory and token budget. Below 1: a request does not fit. */
  readonly seats: number;
  readonly inputTokens: number;
  /** Uncached input tokens per request. */
  readonly prefillTokens: number;
  readonly inputCv: number;
  /** Mean duration of prefill work per request. */
  readonly prefillMs: number;
  /** Duration of prefill work at quantile `p` of the input length. */
  readonly prefillQuantileMs: (p: number) => number;
  /** Uncached tokens and prefill work, ms, of prompts at the quantiles `promptEdges`. */
  readonly prefillEdges: { readonly tokens: Float64Array; readonly ms: Float64Array };
  /** Mean and mean square of prefill work when each token also costs `perTokenMs` of waiting for other work. */
  readonly prefillMoments: (perTokenMs: number) => { readonly mean: number; readonly square: number };
}

/** Between which quantiles a prompt is taken for uniform: objectives are mostly asked for at one of these. */
export const promptEdges = [0.0005, 0.1, 0.25, 0.5, 0.65, 0.8, 0.9, 0.95, 0.98, 0.99, 0.997, 0.9995] as const;

/**
 * Share of its output a sequence holds in the cache on average while others wait for its place. Half would be right if
 * blocks came back at once; engines keep some free so that running sequences can grow.
 */
export const heldOutputShare = 0.6;

/**
 * @param outputShare of an answer that a sequence takes from the cache: all of it where none may be sent back for want of
 * memory, `heldOutputShare` on engines kept as full as they get.
 */
export function shapeCosts(replica: Replica, shape: RequestShape, outputShare = 1): ShapeCosts {
  const input = Math.max(shape.inputMean, 0);
  const output = Math.max(shape.outputMean, 1);
  const outputCvSquared = shape.outputCv ** 2;
  const hit = Math.min(Math.max(shape.prefixHitRatio, 0), 1);
  const fresh = 1 - hit;
  const linear = replica.perPrefillTokenMs * fresh;
  const quadratic = replica.perAttentionTokenPairMs * fresh * (hit + fresh / 2);
  const spread = 1 + shape.inputCv ** 2;
  // The k-th moment of a lognormal is mean^k (1 + cv²)^(k(k−1)/2).
  const moment = (k: number) => input ** k * spread ** ((k * (k - 1)) / 2);
  const [square, cube, fourth] = [moment(2), moment(3), moment(4)];
  const inputAt = lognormalQuantiles(input, shape.inputCv);
  const heldTokens = input + outputShare * output * (1 + outputCvSquared);
  // Beyond this share of decoding the token budget of a step leaves no room for the prefill the outputs call for.
  const prefillShare = replica.split ? 0 : (fresh * input * replica.tokensPerStep) / output;
  const seatsPerUnit = Math.min(
    replica.maxSequences,
    replica.kvTokenCapacity / heldTokens,
    replica.maxBatchedTokens / (replica.tokensPerSequence + prefillShare),
  );
  const seats = seatsPerUnit * (replica.split?.decodeUnits ?? 1);
  const fits = input + output <= replica.kvTokenCapacity && input + output <= replica.spec.model.maxContextTokens;
  const workMs = (length: number) => linear * length + quadratic * length ** 2;
  let edges: ShapeCosts["prefillEdges"] | undefined;
  return {
    outputMean: output,
    decodeSteps: Math.max(output - 1, 0.5) / replica.tokensPerStep,
    outputCvSquared,
    outputQuantile: lognormalQuantiles(output, shape.outputCv),
    contextTokens: input + (output * (1 + outputCvSquared)) / 2,
    seats: fits && heldTokens <= replica.kvTokenCapacity ? seats : 0,
    inputTokens: input,
    prefillTokens: fresh * input,
    inputCv: shape.inputCv,
    prefillMs: linear * input + quadratic * square,
    prefillQuantileMs: (p) => workMs(inputAt(p)),
    get prefillEdges() {
      if (edges === undefined) {
        const tokens = Float64Array.from(promptEdges, inputAt);
        edges = { tokens: tokens.map((length) => fresh * length), ms: tokens.map(workMs) };
      }
      return edges;
    },
    prefillMoments(perTokenMs) {
      const slope = linear + perTokenMs * fresh;
      return {
        mean: slope * input + quadratic * square,
        square: slope ** 2 * square + 2 * slope * quadratic * cube + quadratic ** 2 * fourth,
      };
    },
  };
}

/**
 * Quantiles of a lognormal given by mean and coefficient of variation. The normal deviate is within 0.5 % from
 * 0.5 to 0.995: lengths are not known better than that. Whoever searches for a batch asks for one quantile again and again.
 */
function lognormalQuantiles(mean: number, cv: number): (p: number) => number {
  if (!(cv > 0) || !(mean > 0)) return () => mean;
  const sigma = Math.sqrt(Math.log1p(cv ** 2));
  let [askedFor, answer] = [Number.NaN, Number.NaN];
  return (p) => {
    if (p !== askedFor) {
      askedFor = p;
      answer = mean * Math.exp(sigma * normalDeviate(p) - sigma ** 2 / 2);
    }
    return answer;
  };
}

/** Tokens of a prompt and an answer that are both as long as a share `p` of them is at most. */
export function requestTokensAt(shape: RequestShape, p: number): number {
  const input = lognormalQuantiles(Math.max(shape.inputMean, 0), shape.inputCv)(p);
  return input + lognormalQuantiles(Math.max(shape.outputMean, 1), shape.outputCv)(p);
}

/** Standard normal deviate at `p`: Tukey's lambda form (Joiner and Rosenblatt 1971). */
export function normalDeviate(p: number): number {
  return (p ** 0.135 - (1 - p) ** 0.135) / 0.1975;
}

/**
 * Mean step with `decoding` sequences while `prefillsPerStep` prompts begin per step, ms; and the same step without any
 * prompt.
 *
 * Everything is linear but the experts: a prompt calls nearly all of them, a few decoding sequences call few, and most
 * steps carry no prompt. Spreading prompts evenly over the steps would load far more experts than engines do.
 *
 * @param spread standard deviation of the number of decoding sequences; at least one of them is always there. What they cost
 * together is averaged over one deviation more and one less, as it bends with the batch.
 */
export function meanStep(
  replica: Replica,
  costs: ShapeCosts,
  decoding: number,
  prefillsPerStep: number,
  spread = 0,
): { decodeMs: number; stepMs: number } {
  const linearMs = linearStepMs(replica, costs, decoding);
  const fewer = Math.max(Math.min(1, decoding), decoding - spread) * replica.tokensPerSequence;
  const more = (decoding + spread) * replica.tokensPerSequence;
  const togetherMs = (promptTokens: number) =>
    spread > 0
      ? (batchMs(replica, fewer + promptTokens) + batchMs(replica, more + promptTokens)) / 2
      : batchMs(replica, more + promptTokens);
  const aloneMs = togetherMs(0);
  const tokensPerStep = prefillsPerStep * costs.prefillTokens;
  const chunks = Math.max(1, costs.prefillTokens / replica.maxBatchedTokens);
  const withPrompt = Math.min(1, prefillsPerStep * chunks);
  const batchedMs =
    tokensPerStep > 0 ? (1 - withPrompt) * aloneMs + withPrompt * togetherMs(tokensPerStep / withPrompt) : aloneMs;
  const prompts =
    replica.pipelineStages === 1
      ? prefillsPerStep
      : longestStage(prefillsPerStep, linearMs + batchedMs, replica, costs);
  return { decodeMs: linearMs + aloneMs, stepMs: linearMs + prompts * costs.prefillMs + batchedMs };
}

/** What each of `decoding` sequences adds to a step by itself, ms. */
function linearStepMs(replica: Replica, costs: ShapeCosts, decoding: number): number {
  const perSequence = replica.perSequenceMs + replica.perContextTokenMs * costs.contextTokens;
  return replica.stepBaseMs + perSequence * decoding;
}

/** A step of exactly `decoding` sequences without any prompt, ms. */
export function decodeStepMs(replica: Replica, costs: ShapeCosts, decoding: number): number {
  return linearStepMs(replica, costs, decoding) + batchMs(replica, decoding * replica.tokensPerSequence);
}

/** Beyond the smallest numbers that keep all their digits the product of odds is wrong, and soon nothing. */
const leastShare = 1e-300;

/**
 * Prompts' worth of time of a step in a pipeline: as many prompts as stages run side by side, but the step lasts as long as
 * the longest of them. Mean of max(number / stages, longest), the longest by Blom's score. Their number scatters more than a
 * Poisson one, as a step with many prompts is long and so brings many into the next: with ρ the share of the time that prompts
 * take, by ρ² (1 + cv²) / (1 − ρ²) of its mean (`firstToken`); a negative binomial has both.
 *
 * @param restMs the step without them. @param own prompts that are there besides.
 */
export function longestStage(
  prefillsPerStep: number,
  restMs: number,
  { pipelineStages }: Replica,
  { inputCv, prefillMs }: ShapeCosts,
  own = 0,
): number {
  const promptsMs = (prefillsPerStep * prefillMs) / pipelineStages;
  const load = promptsMs / (promptsMs + restMs);
  const dispersion = 1 + (load ** 2 * (1 + inputCv ** 2)) / (1 - load ** 2);
  const shape = prefillsPerStep / (dispersion - 1);
  const again = 1 - 1 / dispersion;
  let share = dispersion > 1 + 1e-9 ? dispersion ** -shape : Math.exp(-prefillsPerStep);
  // So many that their odds cannot be told one by one from none fill all stages, whatever the longest takes.
  if (share < leastShare) return (prefillsPerStep + own) / pipelineStages;
  const atOnce = (count: number): number => {
    if (count < 2) return count;
    return Math.max(count / pipelineStages, 1 + inputCv * normalDeviate((count - 0.375) / (count + 0.25)));
  };
  let sum = share * atOnce(own);
  const most = Math.ceil(prefillsPerStep + 8 * Math.sqrt(prefillsPerStep * dispersion) + 3 + 6 * dispersion);
  for (let count = 1; count <= most; count++) {
    share *= dispersion > 1 + 1e-9 ? ((shape + count - 1) * again) / count : prefillsPerStep / count;
    sum += share * atOnce(count + own);
  }
  return sum;
}
