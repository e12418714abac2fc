/** Steps of the grid on which a batch is sought, from 0 to all seats: as fine as the engine's times are exact. */
const gridSteps = 2 ** 40;
/** After so many guesses that did not halve what is left, it is halved; where guesses have stalled once, after one. */
const guessesAtMost = 3;

/**
 * Largest batch in [0, seats] of a fixed grid at which `excess` is at most 0, where it is at most 0 at 0 and rises. As the
 * grid does not depend on the condition, one that holds longer never gives a smaller batch.
 *
 * False position with the Illinois rule, halving where that stalls: some 12 evaluations where bisection takes 40.
 *
 * @param excess How far the condition is from holding; 0 or less where it holds, NaN where it cannot.
 */
export function largestBatch(seats: number, excess: (batch: number) => number): number {
  const at = (step: number): number => {
    const value = excess((step / gridSteps) * seats);
    return Number.isNaN(value) ? Infinity : value;
  };
  let [low, high] = [0, gridSteps];
  let above = at(high);
  if (above <= 0) return seats;
  let below = at(low);
  let lastSide = 0;
  let guesses = 0;
  let patience = guessesAtMost;
  let widest = high - low;
  while (high - low > 1) {
    const guess = Math.round(low + (high - low) * (below / (below - above)));
    const halve = guesses === patience || !(guess >= low && guess <= high);
    const step = halve ? Math.floor((low + high) / 2) : Math.min(high - 1, Math.max(low + 1, guess));
    const value = at(step);
    // An end that stays a second time is weighed less, so that the next guess comes from its side.
    const side = value <= 0 ? -1 : 1;
    if (side < 0) {
      [low, below] = [step, value];
      if (lastSide === side) above /= 2;
    } else {
      [high, above] = [step, value];
      if (lastSide === side) below /= 2;
    }
    lastSide = side;
    guesses++;
    if (halve) patience = 1;
    else if (high - low > widest / 2) continue;
    widest = high - low;
    guesses = 0;
  }
  return (low / gridSteps) * seats;
}
