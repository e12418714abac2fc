import { expect, it } from "vitest";
import { testSite } from "../../../test/worlds/tiny-world.ts";
import type { SiteView } from "./board.ts";
import { findSites } from "./find-sites.ts";

const view = (id: string, name: string, country: string) =>
  ({ site: { ...testSite({ id, tier: "edge" }), name, country } }) as SiteView;
const sites = [
  view("edge-sao-paulo-br", "São Paulo", "BR"),
  view("edge-munich-de", "Munich", "DE"),
  view("x", "Odd", "?"),
];
const found = (wanted: string) => findSites(sites, wanted).map(({ site }) => site.id);

it("finds a site by parts of its name, id, tier or country, without accents or capitals", () => {
  expect(found("SAO pau")).toEqual(["edge-sao-paulo-br"]);
  expect(found("münich")).toEqual(["edge-munich-de"]);
  expect(found("germany edge")).toEqual(["edge-munich-de"]);
  expect(found("munich brazil")).toEqual([]);
  expect(found("  ")).toHaveLength(3);
});
