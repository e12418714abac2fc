/**
 * Climbs a concave function of many prices that can only be asked for its value and slope: a proximal bundle method
 * (Lemaréchal; Kiwiel 1990). What earlier answers said about the function is kept as a few planes above it; the next prices
 * are the best by the lowest of those planes, less what a step costs. Each price has its own scale and its own ends.
 */

/** Planes kept; more of them foresee better and cost memory and a little time each. */
const mostPlanes = 24;
/** Share of the foreseen gain at which a step is taken. */
const worthTaking = 0.1;
/** Share of the foreseen gain from which the next step is longer. */
const worthLonger = 0.5;
const longer = 2;
const shorter = 0.7;
const muchShorter = 0.25;
const shortest = 0.02;
/** Answers in a row that were no gain before the step is shortened. */
const patience = 8;
/** Rounds of settling which prices go to their ends; in the later ones none is set free again, so that they come to rest. */
const turnsAtEnds = 12;
const freeingTurns = 4;

export interface PriceBundle {
  /** The best prices met, and the value there. */
  readonly prices: Float64Array;
  value: number;
  /** Writes the prices to ask about next into `into`; returns the gain foreseen. */
  propose(into: Float64Array): number;
  /** Makes the next step shorter, where nothing sensible is foreseen of one so long. */
  shorten(): void;
  /**
   * Takes the answer at the prices proposed last: value, slope per price, and what is to be averaged along.
   *
   * @returns Whether the prices are now the best.
   */
  learn(value: number, slope: Float64Array, carried: Float64Array): boolean;
  /** Averages `carried` with the weights under which the planes cancel out. */
  average(into: Float64Array): void;
}

interface Plane {
  slope: Float64Array;
  carried: Float64Array;
  /** How far the plane lies above the value at the best prices. */
  above: number;
  weight: number;
}

/**
 * @param start Prices to begin with, their value, slope and what is carried there.
 * @param upper Highest price each; the lowest is 0.
 * @param scale Size of a step per price and unit of slope; `rescale` may change it when better prices are found.
 */
export function createPriceBundle(
  start: { prices: Float64Array; value: number; slope: Float64Array; carried: Float64Array },
  upper: Float64Array,
  scale: Float64Array,
  firstStep: number,
  rescale: (prices: Float64Array) => void,
): PriceBundle {
  const size = upper.length;
  const prices = start.prices.slice();
  const planes: Plane[] = [{ slope: start.slope.slice(), carried: start.carried.slice(), above: 0, weight: 1 }];
  /** Products of the slopes over the prices that are free to move, each price with its scale. */
  const products = new Float64Array(mostPlanes * mostPlanes);
  /** -1 or 1 where the step would leave the lower or upper end of a price, which then moves by `reach` only. */
  const ended = new Int8Array(size);
  const reach = new Float64Array(size);
  /** One plane's slope over the prices that are free to move, each with its scale. */
  const scaled = new Float64Array(size);
  /** What the prices that go to their ends add to each plane. */
  const atEnds = new Float64Array(mostPlanes);
  const direction = start.slope.slice();
  const asked = prices.slice();
  let step = firstStep;
  let foreseen = Infinity;
  let failures = 0;

  function measure(a: number, last: number): void {
    const slope = planes[a]!.slope;
    let ends = 0;
    for (let i = 0; i < size; i++) {
      const free = ended[i] === 0;
      scaled[i] = free ? scale[i]! * slope[i]! : 0;
      if (!free) ends += slope[i]! * reach[i]!;
    }
    atEnds[a] = ends;
    for (let b = 0; b <= last; b++) {
      const other = planes[b]!.slope;
      let sum = 0;
      for (let i = 0; i < size; i++) sum += scaled[i]! * other[i]!;
      products[a * mostPlanes + b] = products[b * mostPlanes + a] = sum;
    }
  }
  function measureAll(): void {
    for (let i = 0; i < size; i++) {
      if (ended[i] !== 0) reach[i] = (ended[i]! > 0 ? upper[i]! : 0) - prices[i]!;
    }
    for (let a = 0; a < planes.length; a++) measure(a, a);
  }
  measureAll();

  /** Lets a price go to an end, or sets it free again. */
  function move(i: number, toEnd: number): void {
    const sign = toEnd === 0 ? 1 : -1;
    if (toEnd !== 0) reach[i] = (toEnd > 0 ? upper[i]! : 0) - prices[i]!;
    for (let a = 0; a < planes.length; a++) {
      const here = planes[a]!.slope[i]!;
      if (here === 0) continue;
      atEnds[a]! -= sign * here * reach[i]!;
      for (let b = 0; b <= a; b++) {
        const more = sign * scale[i]! * here * planes[b]!.slope[i]!;
        products[a * mostPlanes + b]! += more;
        if (b < a) products[b * mostPlanes + a]! += more;
      }
    }
    ended[i] = toEnd;
  }

  /** Weights of the planes under which the step goes to the best point of the lowest of them, less its length. */
  function weigh(): void {
    const count = planes.length;
    const at = (a: number, b: number): number => products[a * mostPlanes + b]!;
    const rise = new Float64Array(count);
    for (let a = 0; a < count; a++) {
      let sum = 0;
      for (let b = 0; b < count; b++) sum += at(a, b) * planes[b]!.weight;
      rise[a] = step * sum + planes[a]!.above + atEnds[a]!;
    }
    for (let turn = 0; turn < 200 * count; turn++) {
      let least = 0;
      let most = -1;
      for (let a = 0; a < count; a++) {
        if (rise[a]! < rise[least]!) least = a;
        if (planes[a]!.weight > 0 && (most < 0 || rise[a]! > rise[most]!)) most = a;
      }
      const difference = rise[most]! - rise[least]!;
      if (!(difference > 1e-6 * Math.abs(rise[most]!))) return;
      const curve = step * (at(least, least) + at(most, most) - 2 * at(least, most));
      const shift = Math.min(planes[most]!.weight, curve > 0 ? difference / curve : Infinity);
      planes[least]!.weight += shift;
      planes[most]!.weight = shift === planes[most]!.weight ? 0 : planes[most]!.weight - shift;
      for (let a = 0; a < count; a++) rise[a]! += step * shift * (at(a, least) - at(a, most));
    }
  }

  function combine(pick: (plane: Plane) => Float64Array, into: Float64Array): void {
    into.fill(0);
    for (const plane of planes) {
      if (plane.weight === 0) continue;
      const from = pick(plane);
      for (let i = 0; i < into.length; i++) into[i]! += plane.weight * from[i]!;
    }
  }

  /** A place for one more plane; where there is none, all that matter become one. */
  function makeRoom(): Plane {
    if (planes.length < mostPlanes) {
      const plane = {
        slope: new Float64Array(size),
        carried: new Float64Array(start.carried.length),
        above: 0,
        weight: 0,
      };
      planes.push(plane);
      return plane;
    }
    const byWeight = planes.slice().sort((a, b) => a.weight - b.weight);
    const [least, next] = byWeight as [Plane, Plane];
    if (least.weight > 0) {
      const slope = new Float64Array(size);
      combine((plane) => plane.slope, slope);
      const carried = new Float64Array(next.carried.length);
      combine((plane) => plane.carried, carried);
      const above = planes.reduce((sum, plane) => sum + plane.weight * plane.above, 0);
      for (const plane of planes) plane.weight = 0;
      Object.assign(next, { slope, carried, above, weight: 1 });
      measure(planes.indexOf(next), planes.length - 1);
    }
    return least;
  }

  const bundle: PriceBundle = {
    prices,
    value: start.value,
    propose(into) {
      for (let turn = 0; turn < turnsAtEnds; turn++) {
        weigh();
        combine((plane) => plane.slope, direction);
        let changed = 0;
        for (let i = 0; i < size; i++) {
          const to = prices[i]! + step * scale[i]! * direction[i]!;
          const end = to < 0 ? -1 : to > upper[i]! ? 1 : 0;
          if (end === ended[i] || (ended[i] !== 0 && turn >= freeingTurns)) continue;
          changed++;
          // From one end the way leads through freedom: in between may be the best place.
          move(i, ended[i] === 0 ? end : 0);
        }
        if (changed === 0) break;
      }
      for (let i = 0; i < size; i++) {
        asked[i] = Math.min(upper[i]!, Math.max(0, prices[i]! + step * scale[i]! * direction[i]!));
      }
      into.set(asked);
      // The lowest plane there says what may be gained.
      foreseen = Infinity;
      for (const { slope, above } of planes) {
        let rise = above;
        for (let i = 0; i < size; i++) rise += slope[i]! * (asked[i]! - prices[i]!);
        foreseen = Math.min(foreseen, rise);
      }
      return foreseen;
    },
    shorten() {
      step *= muchShorter;
    },
    learn(value, slope, carried) {
      const gain = value - bundle.value;
      let along = 0;
      for (let i = 0; i < size; i++) along += slope[i]! * (asked[i]! - prices[i]!);
      const taken = gain >= worthTaking * foreseen;
      const plane = makeRoom();
      plane.slope.set(slope);
      plane.carried.set(carried);
      // Answers are a little too low at times; a plane below what is known would be none.
      plane.above = taken ? 0 : Math.max(0, gain - along);
      plane.weight = 0;
      if (taken) {
        for (const other of planes) {
          if (other === plane) continue;
          let change = -gain;
          for (let i = 0; i < size; i++) change += other.slope[i]! * (asked[i]! - prices[i]!);
          other.above = Math.max(0, other.above + change);
        }
        prices.set(asked);
        bundle.value = value;
        if (gain >= worthLonger * foreseen) step *= longer;
        failures = 0;
        rescale(prices);
        measureAll();
        return true;
      }
      const at = planes.indexOf(plane);
      measure(at, planes.length - 1);
      // Where the new plane says nothing new the answers are too rough for a step this long.
      const silent = along + plane.above >= (1 - worthTaking) * foreseen;
      if (silent || (++failures >= patience && plane.above > foreseen)) {
        step = Math.max(shortest * firstStep, step * shorter);
        failures = 0;
      }
      return false;
    },
    average(into) {
      combine((plane) => plane.carried, into);
    },
  };
  return bundle;
}
