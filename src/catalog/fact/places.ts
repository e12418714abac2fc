/** A populated place. `id` is unique and stable, for example `paris-fr`. */
export interface City {
  readonly id: string;
  readonly name: string;
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
  readonly latitude: number;
  readonly longitude: number;
  readonly population: number;
}

/** Which cities are asked for; all of them where nothing is said. */
export interface CityQuestion {
  /** ISO 3166-1 alpha-2. */
  readonly country?: string;
  /** Inhabitants. */
  readonly populationAtLeast?: number;
}

/**
 * Port: the gazetteer behind city selectors. Cities come largest first, and the same question has the same answer. A
 * gazetteer is large, so one asks for what one needs.
 */
export interface Places {
  cities(question?: CityQuestion): readonly City[];
}

/** Whether a city is among those that are asked for. */
export function isAskedFor({ country, population }: Pick<City, "country" | "population">, question: CityQuestion) {
  return population >= (question.populationAtLeast ?? 0) && country === (question.country ?? country);
}
