import { normalDeviate } from "./request-shape.ts";

/**
 * How the requests of one engine differ from a Poisson stream because others stand beside it and each request goes to the
 * one that seems quieter. Two ratios say it all, both 1 for a Poisson stream to an engine whose steps do not lengthen.
 */
export interface Sharing {
  /** Variance over mean of the number of sequences decoding. */
  readonly crowd: number;
  /** Prompts of others that a prompt meets on its engine, relative to those of a Poisson stream. */
  readonly met: number;
  /** Mean, and mean square, of the work in the prompts met, relative to all prompts: long ones are avoided the most. */
  readonly metMean: number;
  readonly metSquare: number;
}

/** Among whom the requests of an engine are divided. */
export interface Peers {
  /** Engines of its group, itself included: a request compares two of them. */
  readonly engines: number;
  /** Groups that compete for its requests, itself included, on average: 1 where requests hardly ever have a choice. */
  readonly groups: number;
  /** Time from one report of an engine's load to the next, ms. */
  readonly reportMs: number;
}

/** One engine under a Poisson stream of its own. */
export interface Stream {
  readonly requestsPerS: number;
  /** Sequences decoding, on average. */
  readonly batch: number;
  /** By how many percent a step grows with 1 % more sequences. */
  readonly elasticity: number;
  readonly stepMs: number;
  /** A prompt by itself. */
  readonly promptMs: number;
  /** Standard deviation over mean of that. */
  readonly promptCv: number;
  /** From a request's arrival to its last token. */
  readonly lifeMs: number;
}

/** What is expected, and between what it was seen to lie. */
export interface SharingBand {
  readonly expected: Sharing;
  readonly least: Sharing;
  readonly most: Sharing;
}

/**
 * What dividing requests by reported load makes of the stream to one engine.
 *
 * Crowd: all M engines of a group together have a Poisson number N of sequences, of which each has its part, so that N alone
 * gives 1 / M of a Poisson crowd's variance. What is left between them is that of the power of two choices (`betweenEngines`),
 * or a Poisson number's as far as loads are known too late: of those who came between two reports, nobody knows who has left.
 *
 * Prompts: until its next report, whoever was sent a prompt seems busier by it. What an engine was sent since its report, the
 * work of r / 2 prompts on average with r per interval, scatters by the two choices, by the lengths of prompts and by the ages
 * of reports; with D the difference of two engines' sums, the one that was just sent a prompt x gets the next with odds of
 * 2 P(D > x) relative to chance. Prompts shorter than a step hardly show in a report, and many requests within an interval all
 * go to whoever reported little.
 *
 * Groups elsewhere may be compared as well; expected is what an engine's own group does, and the limits hold for both.
 * Against engines simulated step by step (130 random cases, two to 23 engines of a group, reports every 0 to 1,000 ms): prompts
 * met are within 0.2 where an interval brings up to six requests.
 *
 * @param stream the engine if its requests were a Poisson stream.
 */
export function sharingOf(stream: Stream, { engines, groups, reportMs }: Peers): SharingBand {
  const { batch, elasticity, stepMs, requestsPerS, lifeMs } = stream;
  const poisson = poissonCrowd(elasticity);
  const late = -Math.expm1((-requestsPerS * reportMs) / 2e3);
  const crowdOf = (all: number, compared: number, ofPoisson: number): number => {
    if (!(all > 1)) return poisson;
    // While an engine is at a prompt, nobody leaves.
    const known = Math.min(betweenEngines(batch, compared) + (requestsPerS * stream.promptMs) / 1e3, poisson);
    return poisson / all + (1 - 1 / all) * (known + (poisson - known) * ofPoisson);
  };
  const perInterval = (requestsPerS / 1e3) * (reportMs + 2 * stepMs);
  const met = engines > 1 ? promptsMet(stream, perInterval, 1) : { met: 1, metMean: 1, metSquare: 1 };
  const expected = { crowd: crowdOf(engines, 2, late), ...met };
  if (engines === 1 && groups === 1) return { expected, least: expected, most: expected };

  const elsewhere = Math.min(groups, mostGroups);
  const compared = Math.max(2, elsewhere * Math.min(engines, 2));
  const fewest = groups > 1 ? promptsMet(stream, perInterval, Math.min(compared - 1, mostRivals)) : met;
  const most = groups > 1 && met.met * met.metMean < 1 ? { met: 1, metMean: 1, metSquare: 1 } : met;
  // Of few engines the others are easily as busy; and answers shorter than an interval come and go unseen.
  const tolerance = 0.15 + Math.min(perInterval, 2) / (4 * engines);
  const unseen = (perInterval / 4) * Math.exp(-lifeMs / Math.max(reportMs, 1));
  return {
    expected,
    least: {
      ...fewest,
      crowd: crowdOf(engines * elsewhere, compared, late / 2),
      // With many requests per interval herding outweighs all choice; what is expected lies within all the same.
      met: Math.min(met.met, Math.max(0, fewest.met - tolerance)),
    },
    most: {
      ...most,
      crowd: poisson * (1 + unseen),
      met: most.met + tolerance + elsewhere * perInterval * herding,
    },
  };
}

/**
 * Variance over mean of the requests that share a sequence's life on one of several engines, where each goes to the one with
 * the fewest and their numbers are known at once; 1 on one engine, as of a Poisson number.
 */
export function leastBusyCrowd(batch: number, engines: number): number {
  return engines > 1 ? 1 / engines + (1 - 1 / engines) * Math.min(betweenEngines(batch, engines), 1) : 1;
}

/** Variance over mean of a birth-death process whose deaths slow down with the crowd: see `stepAtBatch`. */
export function poissonCrowd(elasticity: number): number {
  return 1 / (1 - Math.min(elasticity, mostElasticity));
}

/** Near saturation the seats, not the steps, hold a crowd together. */
const mostElasticity = 0.75;
/** More rivals than this do not make it rarer that all were sent a prompt: they were all the quietest before. */
const mostRivals = 3;
/** Of many groups most are too far away to be the quieter. */
const mostGroups = 8;

/** Prompts met by a prompt whose engine is the quieter of so many more than one; `perInterval` between two reports. */
function promptsMet(
  { promptMs, promptCv, stepMs }: Stream,
  perInterval: number,
  rivals: number,
): Pick<Sharing, "met" | "metMean" | "metSquare"> {
  const half = perInterval / 2;
  const sent = half * betweenEngines(half, 2) * (1 + promptCv ** 2);
  const deviation = Math.sqrt(2 * (sent + perInterval ** 2 / 12));
  const sigma = Math.sqrt(Math.log1p(promptCv ** 2));
  let [all, mean, square] = [0, 0, 0];
  let [allMean, allSquare] = [0, 0];
  for (const deviate of lengths) {
    const length = Math.exp(sigma * deviate - sigma ** 2 / 2);
    const shown = -Math.expm1((-2 * length * promptMs) / stepMs);
    const again = deviation > 0 ? 2 * beyond(length / deviation) : 0;
    const met = 1 - shown * (1 - again ** rivals) + perInterval * (herding + 0.03 * shown);
    all += met;
    mean += met * length;
    square += met * length ** 2;
    allMean += length;
    allSquare += length ** 2;
  }
  if (!(all > 0)) return { met: 0, metMean: 1, metSquare: 1 };
  const count = lengths.length;
  return {
    met: all / count,
    metMean: (mean * count) / (all * allMean),
    metSquare: (square * count) / (all * allSquare),
  };
}
/** Deviates of the middles of eight equally likely parts of a normal. */
const lengths = Float64Array.from({ length: 8 }, (_, part) => normalDeviate((part + 0.5) / 8));
/** Of each request within an interval, the part that goes to whoever reported little, long prompts or not. */
const herding = 0.02;

/**
 * Variance over mean of the sequences of one of many engines when each request goes to the emptiest of `compared` drawn at
 * random: fit to the fixed point of the mean field (Vvedenskaya, Dobrushin and Karpelevich 1996; Mitzenmacher 2001) with a
 * server for every request, within 0.05 for two and four and 0.2 to 15 sequences. Below one sequence no engine has a part of
 * one.
 */
function betweenEngines(batch: number, compared: number): number {
  const force = Math.min(0.64 * (compared - 1) ** 0.75, 2.5);
  return Math.max(1 / (1 + force * batch ** 0.82), 1 - batch);
}

/** Probability of a normal beyond `deviations`, within 0.004 (Pólya 1945). */
function beyond(deviations: number): number {
  return (1 - Math.sqrt(-Math.expm1((-2 * deviations ** 2) / Math.PI))) / 2;
}
