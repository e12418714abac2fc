const planFormat = "disperse/plan/v1";

/** Every list a plan document must carry to be run, by section. */
const lists = {
  world: "periods models modules engines accessTypes jurisdictions owners sites areas workloads demand training".split(
    " ",
  ),
  deployment: ["pools", "flows"],
} as const;

/**
 * What keeps a JSON document from being run as a plan, in words; null when nothing does. Plans come from the program, so
 * this is not a schema: it catches files that were cut, edited by hand or written by another version.
 */
export function planFault(document: unknown): string | null {
  if (!isRecord(document)) return "it is no plan document";
  const { format } = document;
  if (format !== planFormat) {
    const version = typeof format === "string" ? /^disperse\/plan\/v(\d+)$/.exec(format)?.[1] : undefined;
    if (version !== undefined)
      return `it is a plan of format ${version}, and this program reads format 1: install the one that made it`;
    return typeof format === "string" && format.startsWith("disperse/")
      ? `it is a document of another kind (${format})`
      : "it is no plan document";
  }
  if (document["status"] === "infeasible") return null;
  for (const section of ["world", "deployment"] as const) {
    const part = document[section];
    if (!isRecord(part)) return `\`${section}\` is missing`;
    const missing = lists[section].find((name) => !Array.isArray(part[name]));
    if (missing !== undefined) return `\`${section}.${missing}\` is no list`;
  }
  const world = document["world"] as Record<string, readonly unknown[]>;
  const { pools, flows, period } = document["deployment"] as Record<string, readonly unknown[]> & { period: unknown };
  const wordsAt = textForFigure({ world, deployment: document["deployment"] });
  if (wordsAt !== null) return `\`${wordsAt}\` is a text where a number is due`;
  return (
    strayPosition("deployment", [{ period }], { period: world["periods"]! }) ??
    strayPosition("pools", pools!, { site: world["sites"]!, module: world["modules"]! }) ??
    strayPosition("flows", flows!, { row: world["demand"]!, pool: pools! }) ??
    strayPosition("demand", world["demand"]!, {
      area: world["areas"]!,
      workload: world["workloads"]!,
      access: world["accessTypes"]!,
    })
  );
}

/** The first position that points at nothing. */
function strayPosition(
  name: string,
  entries: readonly unknown[],
  targets: Readonly<Record<string, readonly unknown[]>>,
): string | null {
  for (const [index, entry] of entries.entries()) {
    if (!isRecord(entry)) return `entry ${index} of \`${name}\` is no object`;
    for (const [key, target] of Object.entries(targets)) {
      const position = entry[key];
      if (!Number.isInteger(position) || target[position as number] === undefined) {
        return `\`${key}\` of entry ${index} of \`${name}\` points at nothing (${JSON.stringify(position)})`;
      }
    }
  }
  return null;
}

/** Figures have their unit at the end of their name. */
const figureName = /(?:Usd|Kw|Mw|Gbps|Ms|Km|GB|Bytes|Tokens|Ratio|Factor|Per[A-Z][A-Za-z]*)$/;

/**
 * Where the first text stands that should be a figure, for example `limits.budgetUsd.0`; null when there is none. With it
 * sums would become texts too, and print as figures.
 */
function textForFigure(value: unknown, isFigure = false): string | null {
  if (typeof value !== "object" || value === null) return isFigure && typeof value === "string" ? "" : null;
  for (const key in value) {
    const found = textForFigure(
      (value as Record<string, unknown>)[key],
      Array.isArray(value) ? isFigure : figureName.test(key),
    );
    if (found !== null) return found === "" ? key : `${key}.${found}`;
  }
  return null;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
