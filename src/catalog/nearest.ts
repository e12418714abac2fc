/** Edits (insert, delete, replace, swap of neighbours) that turn `a` into `b`. */
export function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min(previous[j]! + 1, current[j - 1]! + 1, previous[j - 1]! + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) best = Math.min(best, before[j - 2]! + 1);
      current.push(best);
    }
    before = previous;
    previous = current;
  }
  return previous[b.length]!;
}

/**
 * Names closest to what was written, best first, at most `count`; empty when none is near enough to be meant.
 * A name that contains what was written counts as near whatever its length.
 */
export function nearest(written: string, names: readonly string[], count = 1): readonly string[] {
  const text = written.toLowerCase();
  if (text === "") return [];
  const limit = Math.max(2, Math.floor(text.length * 0.4));
  return names
    .map((name) => {
      const other = name.toLowerCase();
      if (text.length >= 3 && other.includes(text)) return { name, distance: 0.5 + (other.length - text.length) / 100 };
      if (Math.abs(other.length - text.length) > limit) return { name, distance: Infinity };
      return { name, distance: editDistance(text, other) };
    })
    .filter(({ distance }) => distance <= limit)
    .sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1))
    .slice(0, count)
    .map(({ name }) => name);
}
