/** What engines take of an accelerator that others cannot have. */

/** Engines among which all sets that fit together are looked at; of more, their least memory alone counts. */
const mostKinds = 12;
const fullMemory = 1 + 1e-9;

/**
 * What each of several engines takes of an accelerator when those that fit on it together may add up to no more than 1: its share of
 * the memory, raised in turn, the largest first, as far as no set that fits with it has need of the rest (lifting, Padberg 1975).
 */
export function roomsOf(ratios: readonly number[]): number[] {
  const rooms = [...ratios];
  if (ratios.length > mostKinds) return rooms;
  const order = [...ratios.keys()].sort((a, b) => ratios[b]! - ratios[a]! || a - b);
  for (const engine of order) {
    let most = 0;
    for (let set = 0; set < 1 << ratios.length; set++) {
      if (set & (1 << engine)) continue;
      let [memory, taken] = [ratios[engine]!, 0];
      for (let other = 0; other < ratios.length && memory <= fullMemory; other++) {
        if (!(set & (1 << other))) continue;
        memory += ratios[other]!;
        taken += rooms[other]!;
      }
      if (memory <= fullMemory && taken > most) most = taken;
    }
    rooms[engine] = Math.max(rooms[engine]!, 1 - most);
  }
  return rooms;
}
