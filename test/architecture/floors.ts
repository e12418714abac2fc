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

/**
 * Large rooms have rooms of their own, from the lowest up: each may use those before it. Only the door, and in `cli` the
 * program, lie beside them.
 */
export const storeys: Readonly<Record<string, readonly string[]>> = {
  catalog: ["world", "fact", "resolve"],
  plan: [
    "problem",
    "world",
    "bound",
    "search",
    "engine",
    "survival",
    "document",
    "verify",
    "explain",
    "compare",
    "futures",
  ],
  simulate: ["chance", "trace", "arrival", "engine", "fault", "measure", "mesh", "run", "sweep"],
  serve: ["ledger", "wire", "stream", "account", "mesh", "telemetry", "request", "file", "response", "door"],
  cli: ["terminal", "document", "planning", "simulation", "gateway"],
};
