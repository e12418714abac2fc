/**
 * The table of DESIGN: who may import whom, and what may be brought from npm. Everything not listed is forbidden.
 */
export interface Room {
  /** Rooms whose door (`index.ts`) may be used. */
  readonly rooms: readonly string[];
  /** Rooms that may be imported as types only. */
  readonly typeRooms?: readonly string[];
  /** Packages, or `*` for any. */
  readonly packages: readonly string[] | "*";
  /** Whether Node's own modules are allowed. */
  readonly node: boolean;
}

const foundation = ["units", "scenario", "catalog", "network", "perf", "finance", "route"];
const verb: Room = { rooms: foundation, packages: [], node: false };

export const floors: Readonly<Record<string, Room>> = {
  units: { rooms: [], packages: [], node: false },
  scenario: { rooms: ["units"], packages: ["yaml"], node: false },
  catalog: { rooms: ["units", "scenario"], packages: [], node: false },
  network: { rooms: ["units", "scenario", "catalog"], packages: [], node: false },
  perf: { rooms: ["units", "scenario", "catalog"], packages: [], node: false },
  finance: { rooms: ["units", "scenario", "catalog"], packages: [], node: false },
  route: { rooms: ["units", "scenario", "catalog", "network", "perf", "finance"], packages: [], node: false },
  plan: verb,
  simulate: verb,
  serve: verb,
  adapters: { rooms: [...foundation, "plan", "simulate", "serve"], packages: "*", node: true },
  cli: { rooms: [...foundation, "plan", "simulate", "serve", "adapters"], packages: "*", node: true },
  console: { rooms: [...foundation, "simulate"], typeRooms: ["plan", "serve"], packages: "*", node: false },
};

/** Rooms that hold no side effects: no Node modules, clocks, lots, timers or network. */
export const pureRooms = Object.keys(floors).filter((name) => !["adapters", "cli", "console"].includes(name));
