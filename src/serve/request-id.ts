/** 20 characters of 32 keep the chance of two equal ids among a billion below 1e-12. */
const length = 20;
const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

/** An id for one request, `req_` and 20 characters, drawn from `rng`. */
export function newRequestId(rng: () => number): string {
  return newId("req_", rng);
}

/** An id that begins with `prefix`, for example `file-`. */
export function newId(prefix: string, rng: () => number): string {
  let id = prefix;
  for (let drawn = 0; drawn < length; drawn += 5) {
    // One draw holds 53 bits; five characters take 25 of them.
    let bits = Math.floor(rng() * 0x2000000);
    for (let index = 0; index < 5; index++) {
      id += alphabet[bits & 31];
      bits >>= 5;
    }
  }
  return id;
}
