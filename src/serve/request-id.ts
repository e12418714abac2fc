const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
/** All pairs of characters, so that an id is put together from few pieces. */
const pairs = Array.from({ length: 1_024 }, (_, index) => alphabet[index >> 5]! + alphabet[index & 31]!);
/** Random characters of an id that tells nothing but its kind. */
const length = 20;

/**
 * An id for one request: `req_`, 9 characters that tell the millisecond it came in, and 11 drawn from `rng`, so that two
 * requests of one millisecond are equal with a chance below 1e-16. Ids that rise with time go to the end of a ledger's
 * index, which costs a fraction of what going to random places does.
 */
export function newRequestId(epochMs: number, rng: () => number): string {
  const late = epochMs % 0x100000;
  const early = Math.floor(epochMs / 0x100000);
  const [one, other, third] = [drawn(rng), drawn(rng), drawn(rng)];
  const begin = `req_${alphabet[(early >> 20) & 31]!}${pairs[(early >> 10) & 1_023]!}${pairs[early & 1_023]!}${pairs[late >> 10]!}`;
  const end = pairs[late & 1_023]! + alphabet[one & 31]! + pairs[(one >> 5) & 1_023]! + pairs[(one >> 15) & 1_023]!;
  return begin + end + pairs[other & 1_023]! + pairs[(other >> 10) & 1_023]! + pairs[third & 1_023]!;
}

/** An id that begins with `prefix`, for example `file-`: 20 characters of 32, so none is met twice. */
export function newId(prefix: string, rng: () => number): string {
  let id = prefix;
  for (let made = 0; made < length; made += 4) {
    const bits = drawn(rng);
    id += pairs[bits & 1_023]! + pairs[(bits >> 10) & 1_023]!;
  }
  return id;
}

/** 25 random bits. */
function drawn(rng: () => number): number {
  return Math.floor(rng() * 0x2000000);
}
