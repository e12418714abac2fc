const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
const codes = Uint8Array.from(alphabet, (character) => character.charCodeAt(0));
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
  // Made in one piece: an id is kept longer than its request, and put together from pieces it would be kept as those.
  // oxlint-disable-next-line unicorn/prefer-code-point -- five times as slow, and all of these are ASCII.
  return String.fromCharCode(
    0x72,
    0x65,
    0x71,
    0x5f,
    digit(early, 20),
    digit(early, 15),
    digit(early, 10),
    digit(early, 5),
    digit(early, 0),
    digit(late, 15),
    digit(late, 10),
    digit(late, 5),
    digit(late, 0),
    digit(one, 0),
    digit(one, 10),
    digit(one, 5),
    digit(one, 20),
    digit(one, 15),
    digit(other, 5),
    digit(other, 0),
    digit(other, 15),
    digit(other, 10),
    digit(third, 5),
    digit(third, 0),
  );
}

/** Code of the character for five bits of a number, from `shift` on. */
function digit(bits: number, shift: number): number {
  return codes[(bits >> shift) & 31]!;
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
