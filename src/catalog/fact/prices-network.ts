import { continentOf, type Continent } from "./countries.ts";
import { analyst, assumed, vendor, type Figure } from "./figure.ts";
import type { Tier } from "../world/world-places.ts";

/**
 * Price of one GB that leaves a site towards users, by how the traffic is bought. The class decides more than the
 * distance: the same byte costs a hundred times more on a cloud price list than over transit at a hub.
 */
export const egressUsdPerGB = {
  "cloud-list": vendor(0.09, "USD/GB", "egress-lists-2026", { low: 0.085, high: 0.12, note: "first price step" }),
  "cloud-volume": vendor(0.05, "USD/GB", "egress-lists-2026", { note: "last price step of the largest list" }),
  "cloud-low-cost": assumed(0.008, "USD/GB", "clouds that price near transit; list prices of 0 to 0.01", {
    low: 0,
    high: 0.01,
  }),
  "transit-hub": assumed(0.00046, "USD/GB", "0.075 USD/(Mbit/s)/month at 100G ports, half used on average", {
    low: 0.0002,
    high: 0.001,
  }),
  "transit-remote": assumed(0.003, "USD/GB", "6.5 times a hub; TeleGeography saw 2 to 13 times in 2018", {
    low: 0.0009,
    high: 0.006,
  }),
  "transit-edge": assumed(0.00092, "USD/GB", "twice a hub: 10G ports and a metro wave to the next exchange", {
    low: 0.0004,
    high: 0.004,
  }),
  "owned-edge": assumed(0.0002, "USD/GB", "inside an access network: settlement-free, share of port and power only", {
    low: 0,
    high: 0.001,
  }),
} satisfies Record<string, Figure>;

export type EgressClass = keyof typeof egressUsdPerGB;

/** Price of transit beside that at the cheapest hubs. */
export const transitFactor: Readonly<Record<Continent, Figure>> = {
  EU: assumed(1, "ratio", "hub"),
  NA: assumed(1, "ratio", "hub"),
  AS: analyst(2, "ratio", "telegeography-2018", { note: "Singapore beside London" }),
  SA: analyst(4, "ratio", "telegeography-2018", { note: "São Paulo beside New York" }),
  OC: analyst(13, "ratio", "telegeography-2018", { note: "Sydney beside Los Angeles" }),
  AF: assumed(10, "ratio", "no usable source; between South America and Oceania"),
  AN: assumed(13, "ratio", "no market there; as the dearest"),
};

/** Price of egress at a site that buys transit: the hub price, twice that at the edge, times the continent's factor. */
export function transitUsdPerGB(tier: Tier, country: string): number {
  const base = tier === "edge" ? egressUsdPerGB["transit-edge"] : egressUsdPerGB["transit-hub"];
  return base.value * transitFactor[continentOf(country)].value;
}

/** Links between sites. */
export const backhaulUsdPerGbpsMonth = {
  "metro-100g": analyst(100, "USD/(Gbit/s)/month", "datacentres-2026", { low: 50, high: 150 }),
  "metro-10g": analyst(275, "USD/(Gbit/s)/month", "datacentres-2026", { low: 150, high: 400 }),
} satisfies Record<string, Figure>;

/** Egress of a data centre per GW of power, by chip generation. */
export const egressTbpsPerGw = {
  blackwell: analyst(75, "Tbit/s/GW", "article", { note: "about 137 Mbit/s per GPU: video, not text" }),
  rubin: analyst(135, "Tbit/s/GW", "article"),
} satisfies Record<string, Figure>;
