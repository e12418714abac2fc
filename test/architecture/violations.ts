import { posix } from "node:path";
import { floors, storeys } from "./floors.ts";
import { importsOf, type ImportStatement } from "./imports.ts";

/**
 * Says what is wrong with the imports of one file. `path` is relative to the project's root with forward slashes, for
 * example `src/plan/problem/problem.ts` or `console/src/map.tsx`.
 */
export function violationsOf(path: string, source: string): string[] {
  const home = roomOf(path);
  if (!home) return [`${path}: lies in no room of the house`];
  const order = storeys[home.room];
  const storey = order && storeyOf(path, order);
  if (storey === null) return [`${path}: lies in none of the rooms of ${home.room}: ${order!.join(", ")}`];
  const room = floors[home.room]!;
  const wrong = (statement: ImportStatement, why: string) =>
    `${path}:${statement.line}: imports "${statement.specifier}": ${why}`;
  return importsOf(path, source).flatMap((statement) => {
    const { specifier, typeOnly } = statement;
    if (specifier.startsWith("computed:")) return room.node ? [] : [wrong(statement, "the target cannot be checked")];
    if (specifier.startsWith("node:"))
      return room.node ? [] : [wrong(statement, `${home.room} may not use Node's modules`)];
    if (!specifier.startsWith(".")) {
      const name = specifier
        .split("/")
        .slice(0, specifier.startsWith("@") ? 2 : 1)
        .join("/");
      return room.packages === "*" || room.packages.includes(name)
        ? []
        : [wrong(statement, `${home.room} may not use this package`)];
    }
    const target = posix.normalize(posix.join(posix.dirname(path), specifier));
    const away = roomOf(target);
    if (!away) return [wrong(statement, "leads out of the house")];
    if (away.unit === home.unit) {
      const below = order && storeyOf(target, order);
      return storey === undefined || below! <= storey! ? [] : [wrong(statement, `lies above ${order![storey!]}`)];
    }
    if (away.room === "adapters" && home.room === "adapters")
      return [wrong(statement, "an adapter may not know another")];
    const allowed = room.rooms.includes(away.room) || (typeOnly && room.typeRooms?.includes(away.room) === true);
    if (!allowed) {
      const why = room.typeRooms?.includes(away.room)
        ? "may be imported as a type only"
        : `${home.room} may not import ${away.room}`;
      return [wrong(statement, why)];
    }
    return target === `${away.unit}/index.ts` ? [] : [wrong(statement, `goes past the door ${away.unit}/index.ts`)];
  });
}

/** How high in its room a file lies; beside the rooms of a room is above them all, and null is nowhere. */
function storeyOf(path: string, order: readonly string[]): number | null {
  const inner = path.split("/").slice(2);
  if (inner.length === 1) return order.length;
  const height = order.indexOf(inner[0]!);
  return height < 0 ? null : height;
}

/** The room of a file and the folder whose door guards it. */
function roomOf(path: string): { room: string; unit: string } | null {
  const parts = path.split("/");
  if (parts[0] === "console") return { room: "console", unit: "console" };
  const room = parts[1];
  if (parts[0] !== "src" || !room || !(room in floors)) return null;
  return { room, unit: room === "adapters" ? `src/adapters/${parts[2]}` : `src/${room}` };
}
