/**
 * Files that need themselves, by way of others. Types vanish before anything runs and do not count.
 *
 * @param needs what each file needs, by path
 * @returns circles, each as the paths along it; the first is where it was entered. Empty when there are none.
 */
export function circlesOf(needs: ReadonlyMap<string, readonly string[]>): string[][] {
  const found: string[][] = [];
  const done = new Set<string>();
  const walk = (path: string, along: readonly string[]): void => {
    const at = along.indexOf(path);
    if (at >= 0) {
      found.push(along.slice(at));
      return;
    }
    if (done.has(path)) return;
    for (const needed of needs.get(path) ?? []) walk(needed, [...along, path]);
    done.add(path);
  };
  for (const path of needs.keys()) walk(path, []);
  return found;
}
