import { nearest } from "./nearest.ts";
import { problem, type Place, type Problem } from "./problem.ts";
import { readYaml } from "./read-yaml.ts";
import { child, isNull, type Entry, type ListTree, type MapTree, type Tree } from "./tree.ts";

/**
 * Applies a patch to a tree: mappings are merged key by key, everything else is replaced, null deletes. A key with dots
 * is a path (`limits.headroom`); a step into a list names an entry by its id or its position.
 */
export function applyPatch(target: Tree, patch: Tree, problems: Problem[]): Tree {
  if (patch.kind !== "map" || target.kind !== "map") return patch;
  let result: Tree = target;
  for (const [key, entry] of patch.entries) result = setPath(result, key.split("."), entry, problems);
  return result;
}

function setPath(target: Tree, steps: readonly string[], entry: Entry, problems: Problem[]): Tree {
  if (target.kind === "list") return setInList(target, steps, entry, problems);
  const entries = new Map(target.kind === "map" ? target.entries : []);
  const { key, rest } = nextStep(steps, entries);
  const old = entries.get(key);
  if (rest.length > 0) {
    const inside: Tree = old?.value ?? { kind: "map", entries: new Map(), at: entry.keyAt };
    entries.set(key, { keyAt: old?.keyAt ?? entry.keyAt, value: setPath(inside, rest, entry, problems) });
  } else if (isNull(entry.value)) entries.delete(key);
  else
    entries.set(key, {
      keyAt: entry.keyAt,
      value: old === undefined ? expandDots(entry.value, problems) : applyPatch(old.value, entry.value, problems),
    });
  return { kind: "map", entries, at: target.at };
}

/** Ids may hold dots themselves: the longest run of steps that names an existing key is taken. */
function nextStep(
  steps: readonly string[],
  entries: ReadonlyMap<string, Entry>,
): { key: string; rest: readonly string[] } {
  for (let length = steps.length; length > 1; length--) {
    const key = steps.slice(0, length).join(".");
    if (entries.has(key)) return { key, rest: steps.slice(length) };
  }
  return { key: steps[0] ?? "", rest: steps.slice(1) };
}

function setInList(list: ListTree, steps: readonly string[], entry: Entry, problems: Problem[]): Tree {
  const names = list.items.map((item) => {
    const id = child(item, "id") ?? child(item, "use") ?? item;
    return id.kind === "scalar" ? id.text : "";
  });
  for (let length = steps.length; length > 0; length--) {
    const name = steps.slice(0, length).join(".");
    const byId = names.indexOf(name);
    const index = byId >= 0 ? byId : /^\d+$/.test(name) ? Number(name) : -1;
    const item = list.items[index];
    if (item === undefined) continue;
    const rest = steps.slice(length);
    if (rest.length === 0 && isNull(entry.value)) return { ...list, items: list.items.toSpliced(index, 1) };
    const value = rest.length === 0 ? applyPatch(item, entry.value, problems) : setPath(item, rest, entry, problems);
    return { ...list, items: list.items.with(index, value) };
  }
  const near = nearest(steps[0] ?? "", names);
  problems.push(
    problem(
      "DSP_SCENARIO_OVERRIDE_PATH",
      entry.keyAt,
      `the list has no entry \`${steps[0] ?? ""}\``,
      near === null ? "name an entry by its id or its position from 0" : `did you mean \`${near}\`?`,
    ),
  );
  return list;
}

/** A mapping that is new in the target may hold dotted keys of its own. */
function expandDots(value: Tree, problems: Problem[]): Tree {
  if (value.kind !== "map") return value;
  return applyPatch({ kind: "map", entries: new Map(), at: value.at }, value, problems);
}

/** Most names followed for one scenario; scenarios of scenarios can multiply. */
const maxVisits = 10_000;

/** The patches that a named scenario or override stands for, in order. Cycles and unknown names are problems. */
export function resolvePatches(root: Tree, name: string, asked: Place, problems: Problem[]): Tree[] {
  const overrides = child(root, "overrides");
  const scenarios = child(root, "scenarios");
  const known = [overrides, scenarios].flatMap((tree) => (tree?.kind === "map" ? [...tree.entries.keys()] : []));

  let visits = 0;

  function visit(current: string, at: Place, trail: readonly string[]): Tree[] {
    visits += 1;
    if (visits > maxVisits) {
      if (visits === maxVisits + 1)
        problems.push(
          problem("DSP_SCENARIO_TOO_COMPLEX", at, "the scenarios multiply without end", "name each override once"),
        );
      return [];
    }
    if (trail.includes(current)) {
      const cycle = [...trail.slice(trail.indexOf(current)), current].join(" → ");
      problems.push(
        problem(
          "DSP_SCENARIO_OVERRIDE_CYCLE",
          at,
          `this scenario is made of itself: ${cycle}`,
          "remove one of the names of the cycle",
        ),
      );
      return [];
    }
    const patch = child(overrides, current);
    if (patch !== undefined) return [patch];
    const list = child(scenarios, current);
    if (list?.kind === "list") {
      return list.items.flatMap((item) =>
        item.kind === "scalar" ? visit(item.text, item.at, [...trail, current]) : [],
      );
    }
    if (list === undefined) {
      const near = nearest(current, known);
      const names =
        known.length === 0 ? "the file has no `overrides` and no `scenarios`" : `known are: ${known.join(", ")}`;
      problems.push(
        problem(
          "DSP_SCENARIO_UNKNOWN_REFERENCE",
          at,
          `there is no override or scenario \`${current}\``,
          near === null ? names : `did you mean \`${near}\`?`,
        ),
      );
    }
    return [];
  }

  return visit(name, asked, []);
}

/** Finds cycles and unknown names in all named scenarios, whether or not one was asked for. */
export function checkScenarioNames(root: Tree, problems: Problem[]): void {
  const scenarios = child(root, "scenarios");
  if (scenarios?.kind !== "map") return;
  const overrides = child(root, "overrides");
  for (const [name, entry] of scenarios.entries) {
    if (child(overrides, name) !== undefined) {
      problems.push(
        problem(
          "DSP_SCENARIO_DUPLICATE_ID",
          entry.keyAt,
          `\`${name}\` is the name of an override and of a scenario`,
          "give them different names",
        ),
      );
    }
    resolvePatches(root, name, entry.keyAt, problems);
  }
}

/** The patches of a named future, in order. */
export function futurePatches(root: Tree, name: string, problems: Problem[]): Tree[] {
  const apply = child(child(child(root, "futures"), name), "apply");
  if (apply?.kind !== "list") return [];
  return apply.items.flatMap((item) =>
    item.kind === "scalar" ? resolvePatches(root, item.text, item.at, problems) : [],
  );
}

/** Finds unknown names in all futures. */
export function checkFutureNames(root: Tree, problems: Problem[]): void {
  const futures = child(root, "futures");
  if (futures?.kind !== "map") return;
  for (const name of futures.entries.keys()) futurePatches(root, name, problems);
}

/** Turns `path=value` of the command line into a patch; the value is YAML (`limits.maxSites=20`, `a.b=[1 ms, 2 ms]`). */
export function patchFromSetting(setting: string, file: string): { patch: MapTree } | { problems: Problem[] } {
  const equals = setting.indexOf("=");
  const at: Place = { file, line: 1, column: 1, endColumn: setting.length + 1 };
  if (equals <= 0) {
    return {
      problems: [
        problem(
          "DSP_SCENARIO_SYNTAX",
          at,
          `\`${setting}\` is not a setting`,
          "write `path=value`, for example `limits.maxSites=20`",
        ),
      ],
    };
  }
  // The value is parsed in its own column, so that a caret under it stands right.
  const result = readYaml(" ".repeat(equals + 1) + setting.slice(equals + 1), file);
  if ("problems" in result) {
    const isEmpty = setting.slice(equals + 1).trim() === "" || setting.slice(equals + 1).trim() === "null";
    if (!isEmpty) return result;
  }
  const value: Tree = "tree" in result ? result.tree : { kind: "scalar", value: null, text: "", at };
  const entry: Entry = { keyAt: { ...at, endColumn: equals + 1 }, value };
  return { patch: { kind: "map", entries: new Map([[setting.slice(0, equals).trim(), entry]]), at } };
}
