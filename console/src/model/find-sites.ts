import type { SiteView } from "./board.ts";

/**
 * Sites that hold every word of `wanted` in name, id, country or tier; capitals and accents do not count. Without a word, all
 * of them. Their order stays.
 */
export function findSites(sites: readonly SiteView[], wanted: string): readonly SiteView[] {
  const words = plain(wanted).split(/\s+/).filter(Boolean);
  if (words.length === 0) return sites;
  return sites.filter(({ site }) => {
    const text = plain(`${site.name} ${site.id} ${site.country} ${countryName(site.country)} ${site.tier}`);
    return words.every((word) => text.includes(word));
  });
}

function plain(text: string): string {
  return text.normalize("NFD").replaceAll(/\p{M}/gu, "").toLowerCase();
}

const countries = new Intl.DisplayNames(["en"], { type: "region", fallback: "code" });

/** Codes that are none stay what they are. */
function countryName(code: string): string {
  try {
    return countries.of(code) ?? code;
  } catch {
    return code;
  }
}
