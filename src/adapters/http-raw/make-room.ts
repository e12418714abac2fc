import type { ServerConnection } from "./server-connection.ts";

/** How many are found at once, to go one after the other: finding them takes a look at all connections. */
const foundAtOnce = 32;

interface Found {
  readonly connection: ServerConnection;
  readonly sinceMs: number;
}

/**
 * Tells whether another connection may be taken in beside `count` others, of which there may be `most`. One that has no request under
 * way gives way to it, who has had none for longest: clients that keep connections they do not use, on purpose or not, must not keep
 * everybody else out, and who has just come is about to ask.
 */
export function roomAmong(connections: Set<ServerConnection>, most: number): (count: number) => boolean {
  /** Who has been idle longest is the last; who is idle by now only, or again, has been so for less long than any. */
  let found: Found[] = [];
  const takeFound = (): ServerConnection | null => {
    for (let one = found.pop(); one !== undefined; one = found.pop()) {
      const { connection, sinceMs } = one;
      if (connection.idle && connection.idleSinceMs === sinceMs && connections.has(connection)) return connection;
    }
    return null;
  };
  return (count) => {
    if (count < most) return true;
    let idle = takeFound();
    if (idle === null) {
      found = longestIdle(connections);
      idle = takeFound();
    }
    if (idle === null) return false;
    connections.delete(idle);
    idle.destroy();
    return true;
  };
}

function longestIdle(connections: Set<ServerConnection>): Found[] {
  return [...connections]
    .filter(({ idle }) => idle)
    .map((connection) => ({ connection, sinceMs: connection.idleSinceMs }))
    .toSorted((a, b) => a.sinceMs - b.sinceMs)
    .slice(0, foundAtOnce)
    .toReversed();
}
