/** A metropolitan area that holds cloud regions or large colocation: a candidate for core and regional sites. */
export interface Metro {
  readonly id: string;
  readonly name: string;
  readonly country: string;
  readonly latitude: number;
  readonly longitude: number;
}

/** Name, country, degrees north and east of the city's centre (public geography, two decimals: about 1 km). */
const table = `
Abu Dhabi|AE|24.45|54.38
Dubai|AE|25.20|55.27
Buenos Aires|AR|-34.60|-58.38
Vienna|AT|48.21|16.37
Brisbane|AU|-27.47|153.03
Canberra|AU|-35.28|149.13
Melbourne|AU|-37.81|144.96
Perth|AU|-31.95|115.86
Sydney|AU|-33.87|151.21
Brussels|BE|50.85|4.35
Sofia|BG|42.70|23.32
Manama|BH|26.23|50.59
Fortaleza|BR|-3.73|-38.52
Rio de Janeiro|BR|-22.91|-43.17
São Paulo|BR|-23.55|-46.63
Calgary|CA|51.05|-114.07
Montréal|CA|45.50|-73.57
Toronto|CA|43.65|-79.38
Geneva|CH|46.20|6.15
Zürich|CH|47.37|8.54
Santiago|CL|-33.45|-70.67
Beijing|CN|39.90|116.41
Guangzhou|CN|23.13|113.26
Hangzhou|CN|30.27|120.16
Ningxia|CN|37.51|105.19
Shanghai|CN|31.23|121.47
Shenzhen|CN|22.54|114.06
Bogotá|CO|4.71|-74.07
Prague|CZ|50.08|14.44
Berlin|DE|52.52|13.41
Düsseldorf|DE|51.23|6.78
Frankfurt|DE|50.11|8.68
Munich|DE|48.14|11.58
Copenhagen|DK|55.68|12.57
Cairo|EG|30.04|31.24
Barcelona|ES|41.39|2.17
Madrid|ES|40.42|-3.70
Zaragoza|ES|41.65|-0.89
Hamina|FI|60.57|27.20
Helsinki|FI|60.17|24.94
Marseille|FR|43.30|5.37
Paris|FR|48.86|2.35
London|GB|51.51|-0.13
Athens|GR|37.98|23.73
Hong Kong|HK|22.32|114.17
Zagreb|HR|45.81|15.98
Budapest|HU|47.50|19.04
Jakarta|ID|-6.21|106.85
Dublin|IE|53.35|-6.26
Tel Aviv|IL|32.09|34.78
Chennai|IN|13.08|80.27
Delhi|IN|28.61|77.21
Hyderabad|IN|17.39|78.49
Mumbai|IN|19.08|72.88
Pune|IN|18.52|73.86
Milan|IT|45.46|9.19
Rome|IT|41.90|12.50
Turin|IT|45.07|7.69
Osaka|JP|34.69|135.50
Tokyo|JP|35.68|139.69
Nairobi|KE|-1.29|36.82
Busan|KR|35.18|129.08
Seoul|KR|37.57|126.98
Kuwait City|KW|29.38|47.99
Almaty|KZ|43.24|76.89
Casablanca|MA|33.57|-7.59
Querétaro|MX|20.59|-100.39
Johor Bahru|MY|1.49|103.74
Kuala Lumpur|MY|3.14|101.69
Lagos|NG|6.52|3.38
Amsterdam|NL|52.37|4.90
Oslo|NO|59.91|10.75
Stavanger|NO|58.97|5.73
Auckland|NZ|-36.85|174.76
Lima|PE|-12.05|-77.04
Manila|PH|14.60|120.98
Warsaw|PL|52.23|21.01
Lisbon|PT|38.72|-9.14
Doha|QA|25.29|51.53
Bucharest|RO|44.43|26.10
Belgrade|RS|44.79|20.45
Dammam|SA|26.43|50.10
Jeddah|SA|21.49|39.19
Riyadh|SA|24.71|46.68
Gävle|SE|60.67|17.14
Stockholm|SE|59.33|18.07
Singapore|SG|1.35|103.82
Bangkok|TH|13.76|100.50
Istanbul|TR|41.01|28.98
Changhua|TW|24.08|120.54
Taipei|TW|25.03|121.57
Ashburn|US|39.04|-77.49
Atlanta|US|33.75|-84.39
Boardman|US|45.84|-119.70
Cheyenne|US|41.14|-104.82
Chicago|US|41.88|-87.63
Columbus|US|39.96|-83.00
Council Bluffs|US|41.26|-95.86
Dallas|US|32.78|-96.80
Denver|US|39.74|-104.99
Des Moines|US|41.59|-93.62
Las Vegas|US|36.17|-115.14
Los Angeles|US|34.05|-118.24
Miami|US|25.76|-80.19
Moncks Corner|US|33.20|-80.01
New York|US|40.71|-74.01
Phoenix|US|33.45|-112.07
Portland|US|45.52|-122.68
Quincy|US|47.23|-119.85
Salt Lake City|US|40.76|-111.89
San Antonio|US|29.42|-98.49
San Jose|US|37.34|-121.89
Seattle|US|47.61|-122.33
The Dalles|US|45.59|-121.18
Hanoi|VN|21.03|105.85
Ho Chi Minh City|VN|10.82|106.63
Cape Town|ZA|-33.92|18.42
Johannesburg|ZA|-26.20|28.05
`;

/** Makes an id of a place name: lower-case ASCII letters, digits and single hyphens. */
export function slug(name: string): string {
  // The gazetteer has more than a hundred thousand names: most are one plain word, and nearly all are plain ASCII.
  if (/^[A-Za-z]+$/.test(name)) return name.toLowerCase();
  const isPlain = /^[\x20-\x7e]*$/.test(name);
  const unmarked = isPlain ? name : name.normalize("NFKD").replaceAll(/\p{Mark}/gu, "");
  return unmarked
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "");
}

export const metros: readonly Metro[] = table
  .trim()
  .split("\n")
  .map((line) => {
    const [name = "", country = "", latitude, longitude] = line.split("|");
    const id = `${slug(name)}-${country.toLowerCase()}`;
    return { id, name, country, latitude: Number(latitude), longitude: Number(longitude) };
  });
