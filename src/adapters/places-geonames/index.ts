export { geonamesPlaces } from "./geonames-places.ts";
