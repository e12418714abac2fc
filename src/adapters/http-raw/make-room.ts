import type { ServerConnection } from "./server-connection.ts";

/** How many are let go at once: finding out which takes a look at all of them. */
const atOnce = 32;

/**
 * Whether another connection may be taken in beside `count` others, of which there may be `most`. Those that have no request under way
 * give way to it, first whose time to begin or complete one ends first: clients that keep connections they do not use, on purpose or
 * not, must not keep everybody else out.
 */
export function makeRoom(connections: Set<ServerConnection>, count: number, most: number): boolean {
  if (count < most) return true;
  const idle = [...connections].filter((connection) => connection.idle);
  for (const connection of idle.toSorted((a, b) => a.deadlineMs - b.deadlineMs).slice(0, atOnce)) {
    connections.delete(connection);
    connection.destroy();
  }
  return idle.length > 0;
}
