/** Sets of countries that laws refer to, by ISO code. */
const codes = (list: string): readonly string[] => list.split(" ");

/** The 27 member states. */
const eu = codes("AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK");

/** Parts of member states that have country codes of their own and where Union law holds. */
const euRegions = codes("AX GF GP MF MQ RE YT");

/** European Economic Area: the EU with its outermost regions, Iceland, Liechtenstein and Norway. */
export const eea = [...eu, ...euRegions, "IS", "LI", "NO"];

/** The United States with the territories that have country codes of their own. */
export const unitedStates = codes("US AS GU MP PR UM VI");

/**
 * Countries with an adequacy decision under Article 45 GDPR that does not depend on who receives the data, as of
 * January 2026. Two decisions cover some recipients only and are left out, because whether a site's operator is covered
 * cannot be decided here: the United States (certified companies) and Canada (commercial organisations).
 */
export const gdprAdequate = codes("AD AR CH FO GB GG IL IM JE JP KR NZ UY");

/** Gulf Cooperation Council. */
export const gcc = codes("AE BH KW OM QA SA");

/** Association of Southeast Asian Nations, with Timor-Leste since October 2025. */
export const asean = codes("BN ID KH LA MM MY PH SG TH TL VN");

/** Mercosur, Bolivia included since 2024. */
const mercosur = codes("AR BO BR PY UY");

export const blocs: Readonly<Record<string, readonly string[]>> = {
  EU: eu,
  EEA: eea,
  GCC: gcc,
  ASEAN: asean,
  Mercosur: mercosur,
};

/** Names of the blocs a country belongs to. */
export function blocsOf(country: string): readonly string[] {
  return Object.keys(blocs).filter((name) => blocs[name]!.includes(country));
}
