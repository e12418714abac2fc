import { describe, expect, it } from "vitest";
import { RandomStream } from "./random.ts";

const count = 200_000;

function draw(next: (random: RandomStream) => number, name = "test") {
  const random = new RandomStream(7, name);
  return Float64Array.from({ length: count }, () => next(random)).toSorted();
}

/** Largest distance between the empirical distribution and a given one, times √n: above 1.95 once in a thousand. */
function kolmogorov(sorted: Float64Array, cdf: (x: number) => number): number {
  let distance = 0;
  for (const [i, x] of sorted.entries()) {
    const p = cdf(x);
    distance = Math.max(distance, Math.abs(p - i / count), Math.abs(p - (i + 1) / count));
  }
  return distance * Math.sqrt(count);
}

/** Abramowitz and Stegun 7.1.26, within 1.5e-7. */
function normalCdf(x: number): number {
  const t = 1 / (1 + (0.3275911 * Math.abs(x)) / Math.SQRT2);
  const poly = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  const upper = (poly * Math.exp((-x * x) / 2)) / 2;
  return x < 0 ? upper : 1 - upper;
}

const moments = (values: Float64Array) => {
  const mean = values.reduce((sum, x) => sum + x, 0) / count;
  return { mean, variance: values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / count };
};

describe("RandomStream", () => {
  it("draws from the distributions it names", () => {
    expect(
      kolmogorov(
        draw((random) => random.uniform()),
        (x) => x,
      ),
    ).toBeLessThan(1.95);
    expect(
      kolmogorov(
        draw((random) => random.normal()),
        normalCdf,
      ),
    ).toBeLessThan(1.95);
    expect(
      kolmogorov(
        draw((random) => random.exponential()),
        (x) => 1 - Math.exp(-x),
      ),
    ).toBeLessThan(1.95);
  });

  it("reaches as far into the tails as it should", () => {
    const normals = draw((random) => random.normal());
    const beyond = normals.filter((x) => Math.abs(x) > 3.66).length;
    expect(Math.abs(beyond - count * 2.52e-4)).toBeLessThan(5 * Math.sqrt(count * 2.52e-4));
    const long = draw((random) => random.exponential()).filter((x) => x > 8).length;
    expect(Math.abs(long - count * Math.exp(-8))).toBeLessThan(5 * Math.sqrt(count * Math.exp(-8)));
  });

  it("gives gamma numbers with mean 1 and the shape's variance", () => {
    for (const shape of [0.2, 1, 4]) {
      const { mean, variance } = moments(draw((random) => random.gamma(shape)));
      expect(Math.abs(mean - 1)).toBeLessThan(5 / Math.sqrt(shape * count));
      expect(variance * shape).toBeGreaterThan(0.93);
      expect(variance * shape).toBeLessThan(1.07);
    }
  });

  it("repeats itself for the same seed and name, and only then", () => {
    const first = (seed: number, name: string) => {
      const random = new RandomStream(seed, name);
      return Array.from({ length: 4 }, () => random.uniform());
    };
    expect(first(1, "a")).toEqual(first(1, "a"));
    expect(first(1, "a")).not.toEqual(first(2, "a"));
    expect(first(1, "a")).not.toEqual(first(1, "b"));
  });

  it("gives streams that do not follow each other", () => {
    const a = new RandomStream(1, "a");
    const b = new RandomStream(1, "b");
    let product = 0;
    for (let i = 0; i < count; i++) product += a.normal() * b.normal();
    expect(Math.abs(product / Math.sqrt(count))).toBeLessThan(4);
  });
});
