import { slug } from "./metros.ts";

/**
 * Cities that go by a name of their country, or an English, former or shorter one, where the gazetteer has another: country, its name
 * there, the others. Letter case, accents and punctuation do not count.
 */
const table = `
AT|Vienna|Wien
BE|Antwerpen|Antwerp, Anvers
BE|Brugge|Bruges
BE|Brussels|Bruxelles, Brussel
BE|Gent|Ghent, Gand
BE|Leuven|Louvain
BE|Liège|Luik, Lüttich
BG|Sofia|Sofiya
CH|Basel|Basle, Bâle
CH|Bern|Berne
CH|Genève|Geneva, Genf
CH|Zürich|Zuerich
CN|Beijing|Peking
CN|Guangzhou|Canton
CZ|Brno|Brünn
CZ|Prague|Praha, Prag
DE|Braunschweig|Brunswick
DE|Düsseldorf|Duesseldorf
DE|Frankfurt am Main|Frankfurt/Main, Frankfurt a. M.
DE|Hannover|Hanover
DE|Köln|Cologne, Koeln
DE|Munich|München, Muenchen
DE|Nürnberg|Nuremberg, Nuernberg
DK|Copenhagen|København, Koebenhavn
DK|Århus|Aarhus
EG|Alexandria|Al Iskandariyah
EG|Cairo|Al Qahirah
ES|A Coruña|La Coruña
ES|Sevilla|Seville
ES|Zaragoza|Saragossa
FI|Helsinki|Helsingfors
FI|Turku|Åbo
FR|Lyon|Lyons
FR|Marseille|Marseilles
FR|Strasbourg|Strassburg, Straßburg
GR|Athens|Athina
GR|Piraeus|Pireas
GR|Thessaloníki|Salonica, Saloniki
IN|Bengaluru|Bangalore
IN|Chennai|Madras
IN|Kolkata|Calcutta
IN|Mumbai|Bombay
IN|Pune|Poona
IT|Florence|Firenze
IT|Genoa|Genova
IT|Milan|Milano
IT|Naples|Napoli
IT|Rome|Roma
IT|Turin|Torino
KR|Busan|Pusan
KZ|Nur-Sultan|Astana
MM|Yangon|Rangoon
MX|Mexico City|Mexico, Ciudad de México, CDMX
NL|The Hague|Den Haag, 's-Gravenhage
PL|Gdańsk|Danzig
PL|Kraków|Cracow
PL|Warsaw|Warszawa
PL|Wrocław|Breslau
PT|Lisbon|Lisboa
PT|Porto|Oporto
RO|Bucharest|București
RS|Belgrade|Beograd
RU|Moscow|Moskva
RU|Saint Petersburg|Sankt-Peterburg, St. Petersburg
SE|Göteborg|Gothenburg
UA|Dnipro|Dnepropetrovsk
UA|Kharkiv|Kharkov
UA|Kyiv|Kiev
UA|Lviv|Lvov
UA|Odessa|Odesa
US|New York City|New York, NYC
VN|Ho Chi Minh City|Saigon
`;

interface NamedCity {
  readonly country: string;
  readonly name: string;
  readonly others: readonly string[];
}

/** Every city of the table. */
export const citiesOfSeveralNames: readonly NamedCity[] = table
  .trim()
  .split("\n")
  .map((line) => {
    const [country, name, others] = line.split("|") as [string, string, string];
    return { country, name, others: others.split(", ") };
  });

const byOther = new Map(
  citiesOfSeveralNames.flatMap(({ country, name, others }) =>
    others.map((other) => [`${country} ${slug(other)}`, slug(name)] as const),
  ),
);

/** Under which name, as a slug, the gazetteer has a city of a country that goes by another one as well; undefined for all others. */
export function gazetteerName(country: string, key: string): string | undefined {
  return byOther.get(`${country} ${key}`);
}

const byName = new Map(
  citiesOfSeveralNames.map(({ country, name, others }) => [`${country} ${slug(name)}`, others.map(slug)]),
);

/** The other names of a place, as slugs. */
export function otherNames({ country, name }: { readonly country: string; readonly name: string }): readonly string[] {
  return byName.get(`${country} ${slug(name)}`) ?? [];
}
