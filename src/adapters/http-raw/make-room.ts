/** A connection as far as it matters to those for whom there is no room. */
export interface Guest {
  /** It has no request under way. */
  readonly idle: boolean;
  /** Since when; good while it is idle. */
  readonly idleSinceMs: number;
  destroy(): void;
}

/** How many are found at once, to go one after the other: finding them takes a look at all. */
const foundAtOnce = 32;

interface Found {
  readonly guest: Guest;
  readonly sinceMs: number;
}

/**
 * Tells whether another connection may be taken in beside `count` others, of which there may be `most`. One that has no request under
 * way gives way to it, who has had none for longest: clients that keep connections they do not use, on purpose or not, must not keep
 * everybody else out, and who has just come is about to ask.
 */
export function roomAmong(guests: Set<Guest>, most: number): (count: number) => boolean {
  /** Who has been idle longest is the last; who is idle by now only, or again, has been so for less long than any. */
  let found: Found[] = [];
  const takeFound = (): Guest | null => {
    for (let one = found.pop(); one !== undefined; one = found.pop()) {
      const { guest, sinceMs } = one;
      if (guest.idle && guest.idleSinceMs === sinceMs && guests.has(guest)) return guest;
    }
    return null;
  };
  return (count) => {
    if (count < most) return true;
    let idle = takeFound();
    if (idle === null) {
      found = longestIdle(guests);
      idle = takeFound();
    }
    if (idle === null) return false;
    guests.delete(idle);
    idle.destroy();
    return true;
  };
}

function longestIdle(guests: Set<Guest>): Found[] {
  return [...guests]
    .filter(({ idle }) => idle)
    .map((guest) => ({ guest, sinceMs: guest.idleSinceMs }))
    .toSorted((a, b) => a.sinceMs - b.sinceMs)
    .slice(0, foundAtOnce)
    .toReversed();
}
