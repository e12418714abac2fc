/** Doubles of what is known and kept of an engine beside its own record: a line of memory. */
export const knownSize = 8;

/** Where they stand, from `replica * knownSize` on. */
export const knownFloat = {
  /** The load it reported, ms, and when its next report is due. */
  reported: 0,
  nextReport: 1,
  /** Until when what it reported may be taken as it stands. */
  freshUntil: 2,
  /** Its health as far as anybody noticed: 1 takes requests, 0 does not, `full` will when one of its own is over. */
  believed: 3,
  /** Since when it does not report; `Infinity` while it does. */
  silentSince: 4,
  /** Which object speaks for it: position in `Fleet.#engineOfKind` and one more, or that in `#splitEngines` below zero; 0 = none yet. */
  holder: 5,
  /** Requests it was sent that have not left it. */
  held: 6,
  /** Its group in the routes. */
  group: 7,
} as const;

/** See `knownFloat.believed`. */
export const full = -1;
