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

/** Port: the gazetteer behind city selectors. Cities come largest first; the list is the same at every call. */
export interface Places {
  cities(): readonly City[];
}
