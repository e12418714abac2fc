import { asean, eea, gcc, gdprAdequate, unitedStates } from "./country-sets.ts";
import type { SourceKey } from "./sources.ts";
import type { Confidence } from "../world/world-engines.ts";

/** Classes of data the catalogue has rules for. A scenario may name others; without a rule they stay in the country. */
export const dataClasses = ["public", "personal", "health", "payment", "government"] as const;
export type DataClass = (typeof dataClasses)[number];

/**
 * One rule of law about where data may be processed. `assumed` marks a reading that needs a lawyer's check. Where a law
 * depends on consent, contract clauses or certification of the receiver, which a planner cannot know, the rule names only
 * the destinations that need none: it fails closed, and a scenario may widen it.
 */
export interface LawRow {
  /** Countries the rule is the law of. */
  readonly origins: readonly string[];
  readonly classes: readonly DataClass[];
  /** Destinations besides the origin; `*` for anywhere. */
  readonly allowed: readonly string[] | "*";
  readonly law: string;
  /** When the law took effect or was last changed, ISO 8601. */
  readonly date: string;
  readonly source: SourceKey;
  readonly confidence: Confidence;
  readonly note?: string;
}

type Cells = Omit<LawRow, "origins" | "source" | "confidence"> & Partial<Pick<LawRow, "source" | "confidence">>;

const law = (origins: readonly string[], cells: Cells): LawRow => ({
  origins,
  source: "national-law",
  confidence: "assumed",
  ...cells,
});

const sensitive: readonly DataClass[] = ["personal", "health", "payment"];
const nonPublic: readonly DataClass[] = ["personal", "health", "payment", "government"];
const home: readonly string[] = [];
const adequacyZone = [...eea, ...gdprAdequate];

/** Later rows win over earlier ones for the same origin and class. */
export const residencyLaws: readonly LawRow[] = [
  // European Economic Area
  law(eea, {
    classes: ["personal", "payment"],
    allowed: adequacyZone,
    law: "GDPR, Articles 44 and 45",
    date: "2018-05-25",
    source: "eu-law",
    confidence: "analyst",
    note: "adequate countries as listed on 31 January 2026; the United States (certified companies only) and Canada (commercial organisations only) are left out",
  }),
  law(eea, {
    classes: ["health"],
    allowed: eea,
    law: "GDPR, Article 9 with national rules for health records",
    date: "2018-05-25",
    source: "eu-law",
    note: "the GDPR itself sets no place; national hosting rules do, and most name the EEA",
  }),
  law(eea, {
    classes: ["government"],
    allowed: home,
    law: "no common rule: national security and public-records law",
    date: "2026-01-31",
  }),
  law(["DE"], {
    classes: ["health"],
    allowed: eea,
    law: "SGB V, Section 393 (with C5 attestation)",
    date: "2024-07-01",
    note: "adequate countries too when the operator has an establishment in Germany",
  }),
  law(["FR"], {
    classes: ["health"],
    allowed: eea,
    law: "Code de la santé publique, Article L1111-8 (HDS certification, EEA hosting)",
    date: "2024-11-16",
  }),

  // Europe outside the EEA
  law(["GB"], {
    classes: ["personal", "payment", "health"],
    allowed: [...eea, ...gdprAdequate, "GI"],
    law: "UK GDPR, Article 45 with Data Protection Act 2018, Schedule 21",
    date: "2021-01-01",
  }),
  law(["CH"], {
    classes: ["personal", "payment", "health"],
    allowed: [...eea, ...gdprAdequate],
    law: "Federal Act on Data Protection, Article 16, with Annex 1 of the Ordinance",
    date: "2023-09-01",
    note: "certified companies in the United States are left out; Japan and Korea need a check",
  }),
  law(["AD", "FO", "GG", "IM", "JE", "GI", "MC", "SM"], {
    classes: ["personal", "payment"],
    allowed: adequacyZone,
    law: "national data-protection act modelled on the GDPR",
    date: "2022-01-01",
  }),
  law(["AL", "BA", "ME", "MK", "RS", "XK", "MD", "UA", "GE"], {
    classes: ["personal", "payment"],
    allowed: adequacyZone,
    law: "national data-protection act with a list of adequate countries (parties to Convention 108 or the EEA)",
    date: "2024-01-01",
  }),
  law(["RU"], {
    classes: nonPublic,
    allowed: home,
    law: "Federal Law 242-FZ (152-FZ, Article 18(5)): databases in Russia first",
    date: "2015-09-01",
    confidence: "analyst",
    note: "amended with effect of 1 July 2025 to forbid collection abroad",
  }),
  law(["BY"], {
    classes: nonPublic,
    allowed: home,
    law: "Decree 60 of 1 February 2010: Belarusian services on servers in Belarus",
    date: "2010-07-01",
  }),
  law(["TR"], {
    classes: sensitive,
    allowed: home,
    law: "Law 6698 (KVKK), Article 9: adequacy decision, none issued",
    date: "2024-06-01",
  }),
  law(["TR"], { classes: ["government"], allowed: home, law: "Presidential Circular 2019/12", date: "2019-07-06" }),

  // North America
  law(unitedStates, {
    classes: ["personal", "payment", "health"],
    allowed: "*",
    law: "no general transfer rule; 28 CFR Part 202 bars bulk sensitive data to countries of concern",
    date: "2025-04-08",
    note: "countries of concern are taken out of the list",
  }),
  law(unitedStates, {
    classes: ["government"],
    allowed: home,
    law: "FedRAMP and agency clauses (DFARS 252.239-7010)",
    date: "2016-10-01",
  }),
  law(["CA"], {
    classes: ["personal", "payment"],
    allowed: ["US", "GB", ...eea],
    law: "PIPEDA, Schedule 1, clause 4.1.3: comparable protection by contract",
    date: "2001-01-01",
    note: "Québec Law 25 asks for an assessment first",
  }),
  law(["CA"], {
    classes: ["health", "government"],
    allowed: home,
    law: "provincial health and public-body statutes (Nova Scotia PIIDPA and others)",
    date: "2006-11-15",
  }),
  law(["MX"], {
    classes: ["personal", "payment"],
    allowed: ["US", "CA"],
    law: "LFPDPPP 2025, transfer with privacy notice",
    date: "2025-03-21",
  }),
  law(["CR", "PA", "DO"], {
    classes: ["personal", "payment"],
    allowed: eea,
    law: "national data-protection act: adequate protection",
    date: "2021-03-29",
  }),

  // South America
  law(["BR"], {
    classes: ["personal", "payment"],
    allowed: eea,
    law: "LGPD, Article 33, with ANPD Resolution 19/2024",
    date: "2024-08-23",
    note: "mutual adequacy with the EU reported for 2026",
  }),
  law(["BR"], { classes: ["government"], allowed: home, law: "GSI Instruction 5/2021", date: "2021-08-30" }),
  law(["AR"], {
    classes: ["personal", "payment"],
    allowed: adequacyZone,
    law: "Law 25.326, Article 12, with Disposition 60-E/2016",
    date: "2016-11-18",
  }),
  law(["UY"], {
    classes: ["personal", "payment"],
    allowed: adequacyZone,
    law: "Law 18.331, Article 23",
    date: "2021-09-08",
  }),
  law(["CO"], {
    classes: ["personal", "payment"],
    allowed: [...eea, "US", "MX", "KR", "PE", "CR"],
    law: "Law 1581 of 2012, Article 26, with SIC Circular 5/2017",
    date: "2017-08-10",
  }),
  law(["CL"], {
    classes: ["personal", "payment"],
    allowed: home,
    law: "Law 21.719: adequacy decisions due from December 2026",
    date: "2026-12-01",
  }),
  law(["PE"], { classes: ["personal", "payment"], allowed: eea, law: "Law 29733, Article 15", date: "2013-05-08" }),
  law(["EC"], {
    classes: ["personal", "payment"],
    allowed: eea,
    law: "Organic Law on Data Protection, Article 56",
    date: "2023-05-26",
  }),

  // East and South Asia
  law(["CN"], {
    classes: nonPublic,
    allowed: home,
    law: "Cybersecurity Law, Article 37; PIPL, Articles 38 to 40; Data Security Law, Article 31",
    date: "2021-11-01",
    confidence: "analyst",
    note: "the 2024 provisions free small volumes; critical operators and important data stay",
  }),
  law(["HK"], {
    classes: ["personal", "payment", "health"],
    allowed: "*",
    law: "PDPO, Section 33 is not in force",
    date: "1996-12-20",
  }),
  law(["TW"], {
    classes: ["personal", "payment"],
    allowed: [...eea, "JP", "US", "GB", "SG", "KR"],
    law: "Personal Data Protection Act, Article 21",
    date: "2023-05-31",
    note: "transfers to mainland China are barred for several trades",
  }),
  law(["JP"], {
    classes: ["personal", "payment", "health"],
    allowed: [...eea, "GB"],
    law: "APPI, Article 28: countries of equal standard",
    date: "2022-04-01",
  }),
  law(["KR"], {
    classes: ["personal", "payment"],
    allowed: eea,
    law: "PIPA, Article 28-8: recognised equal protection (EU, 2025)",
    date: "2025-09-16",
  }),
  law(["KR"], {
    classes: ["government", "health"],
    allowed: home,
    law: "Medical Service Act, Article 23-2; cloud security rules of the public sector",
    date: "2023-01-31",
  }),
  law(["IN"], {
    classes: ["personal", "health"],
    allowed: "*",
    law: "DPDP Act 2023, Section 16: negative list, empty in early 2026",
    date: "2025-11-14",
  }),
  law(["IN"], {
    classes: ["payment"],
    allowed: home,
    law: "RBI circular on storage of payment system data",
    date: "2018-10-15",
    confidence: "analyst",
  }),
  law(["IN"], {
    classes: ["government"],
    allowed: home,
    law: "MeitY cloud guidelines: data within India",
    date: "2017-03-31",
  }),
  law(["PK", "BD", "LK", "NP"], {
    classes: nonPublic,
    allowed: home,
    law: "draft or recent statute without a list of adequate countries",
    date: "2025-12-31",
  }),

  // South-East Asia
  law(["ID"], {
    classes: ["personal"],
    allowed: ["SG", "JP", "KR", ...eea],
    law: "Law 27 of 2022, Article 56: equal or higher protection; GR 71/2019, Article 21 for private operators",
    date: "2024-10-17",
  }),
  law(["ID"], {
    classes: ["government", "payment", "health"],
    allowed: home,
    law: "GR 71/2019, Article 20 (public scope); Bank Indonesia and OJK rules",
    date: "2019-10-10",
    confidence: "analyst",
  }),
  law(["VN"], {
    classes: nonPublic,
    allowed: home,
    law: "Decree 53/2022, Article 26; Personal Data Protection Law 91/2025",
    date: "2022-10-01",
    note: "binds domestic companies; foreign ones on request of the ministry",
  }),
  law(["SG"], {
    classes: ["personal", "payment", "health"],
    allowed: [...eea, "GB", "JP", "KR", "NZ", "CH"],
    law: "PDPA 2012, Section 26: comparable protection",
    date: "2021-02-01",
  }),
  law(["SG"], {
    classes: ["government"],
    allowed: home,
    law: "Instruction Manual 8 of the government",
    date: "2019-07-15",
  }),
  law(["MY"], {
    classes: ["personal", "payment"],
    allowed: [...eea, "SG", "GB", "JP", "KR"],
    law: "PDPA 2010, Section 129, amended 2024",
    date: "2025-04-01",
  }),
  law(["TH"], {
    classes: ["personal", "payment"],
    allowed: [...eea, "SG", "GB", "JP", "KR"],
    law: "PDPA B.E. 2562, Section 28",
    date: "2024-03-24",
  }),
  law(["PH"], {
    classes: ["personal", "payment", "health"],
    allowed: [...asean, ...eea, "JP", "KR", "US", "AU"],
    law: "Data Privacy Act 2012, Section 21: accountability",
    date: "2012-09-08",
  }),
  law(["PH", "MY", "TH"], {
    classes: ["government"],
    allowed: home,
    law: "cloud policy of the public sector",
    date: "2020-06-18",
  }),
  law(["BN", "KH", "LA", "MM"], {
    classes: nonPublic,
    allowed: home,
    law: "no statute in force with a list of adequate countries",
    date: "2025-12-31",
  }),

  // Middle East
  law(["SA"], {
    classes: nonPublic,
    allowed: home,
    law: "PDPL, Article 29, with transfer regulation of 2024; NDMO and SAMA rules",
    date: "2024-09-14",
    note: "adequacy list not published in early 2026",
  }),
  law(["AE"], {
    classes: ["personal"],
    allowed: home,
    law: "Federal Decree-Law 45/2021, Article 22: adequate countries not yet named",
    date: "2022-01-02",
    note: "DIFC and ADGM have own laws with lists",
  }),
  law(["AE"], { classes: ["health"], allowed: home, law: "Federal Law 2/2019, Article 13", date: "2019-05-06" }),
  law(["AE"], {
    classes: ["payment", "government"],
    allowed: home,
    law: "CBUAE consumer protection standards; national cloud security policy",
    date: "2021-11-24",
  }),
  law(["QA"], {
    classes: ["personal"],
    allowed: gcc,
    law: "Law 13 of 2016, Article 15: flow not restricted unless harmful",
    date: "2016-12-29",
  }),
  law(["BH"], {
    classes: ["personal", "payment"],
    allowed: adequacyZone,
    law: "Law 30 of 2018, Article 12, with Order 42/2022",
    date: "2022-03-17",
  }),
  law(["KW", "OM", "JO", "EG", "IQ", "LB"], {
    classes: nonPublic,
    allowed: home,
    law: "licence or consent of the authority per transfer",
    date: "2025-12-31",
  }),
  law(["IL"], {
    classes: ["personal", "payment"],
    allowed: eea,
    law: "Privacy Protection (Transfer of Data Abroad) Regulations 2001",
    date: "2001-06-17",
  }),
  law(["IR", "SY", "KP", "CU"], {
    classes: nonPublic,
    allowed: home,
    law: "state control of networks",
    date: "2025-12-31",
  }),

  // Central Asia and the Caucasus
  law(["KZ"], {
    classes: nonPublic,
    allowed: home,
    law: "Law 94-V, Article 12: storage in Kazakhstan",
    date: "2016-01-01",
  }),
  law(["UZ"], {
    classes: nonPublic,
    allowed: home,
    law: "Law ZRU-547, Article 27-1: storage in Uzbekistan",
    date: "2021-04-16",
  }),
  law(["AM", "AZ", "KG", "TJ", "TM", "MN"], {
    classes: nonPublic,
    allowed: home,
    law: "adequate protection, no list usable here",
    date: "2025-12-31",
  }),

  // Africa
  law(["ZA"], {
    classes: ["personal", "payment", "health"],
    allowed: [...eea, "GB"],
    law: "POPIA, Section 72: adequate law",
    date: "2021-07-01",
  }),
  law(["NG"], {
    classes: ["personal"],
    allowed: eea,
    law: "Data Protection Act 2023, Sections 41 to 43",
    date: "2023-06-12",
  }),
  law(["NG"], {
    classes: ["government", "payment"],
    allowed: home,
    law: "NITDA guidelines for content development: government data in Nigeria",
    date: "2019-08-01",
  }),
  law(["KE"], { classes: ["personal"], allowed: eea, law: "Data Protection Act 2019, Section 48", date: "2022-02-11" }),
  law(["KE"], {
    classes: ["health", "government", "payment"],
    allowed: home,
    law: "Data Protection Act 2019, Section 50; Digital Health Act 2023",
    date: "2023-11-02",
  }),
  law(["MA", "TN", "SN", "GH", "CI", "MU"], {
    classes: ["personal", "payment"],
    allowed: eea,
    law: "national act with prior authorisation or a list that names the EEA",
    date: "2023-01-01",
  }),
  law(["DZ", "RW", "ET", "TZ", "UG", "AO", "ZM"], {
    classes: nonPublic,
    allowed: home,
    law: "storage in the country unless the authority allows otherwise",
    date: "2025-12-31",
  }),

  // Oceania
  law(["AU"], {
    classes: ["personal", "payment"],
    allowed: [...eea, "GB", "NZ", "JP", "SG", "US", "CA"],
    law: "Privacy Act 1988, APP 8",
    date: "2014-03-12",
  }),
  law(["AU"], {
    classes: ["health"],
    allowed: home,
    law: "My Health Records Act 2012, Section 77",
    date: "2012-07-01",
    confidence: "analyst",
  }),
  law(["AU"], { classes: ["government"], allowed: home, law: "Hosting Certification Framework", date: "2021-03-01" }),
  law(["NZ"], {
    classes: ["personal", "payment", "health"],
    allowed: [...eea, "GB", "AU", "JP", "KR", "SG"],
    law: "Privacy Act 2020, IPP 12",
    date: "2020-12-01",
  }),
];

/** Countries of concern under 28 CFR 202.601, to which bulk sensitive data may not go from the United States. */
export const usCountriesOfConcern: readonly string[] = ["CN", "CU", "HK", "IR", "KP", "MO", "RU", "VE"];
