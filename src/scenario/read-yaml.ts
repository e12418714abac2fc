import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseAllDocuments,
  type Scalar,
  type YAMLParseError,
  type YAMLWarning,
} from "yaml";
import { maxCollected, problem, type Place, type Problem } from "./problem.ts";
import { startOf } from "./read-text.ts";
import type { Entry, Tree } from "./tree.ts";

/** Deepest nesting and most values of a scenario; both far above what people write, far below what hurts. */
const maxDepth = 60;
const maxValues = 300_000;

/** Longest line, in characters: even a scenario written as one line of JSON by a program stays below it. */
const maxLineLength = 50_000;

/** Runs of openings that only a generator of noise writes; they would drive any parser into its deepest recursion. */
const bottomless = /(?:[[{]\s*){61}|(?:[-:?][ \t]+){61}/;

const tagHint = "leave the tag out: what a value is follows from its key";

const syntaxHints: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: "indent with spaces; YAML does not allow tabs",
  BAD_INDENT: "keys of one mapping start in the same column; a bracket or quote above may not be closed",
  MISSING_CHAR: "a bracket or quote is not closed, or the `:` after a key is missing",
  TAG_RESOLVE_FAILED: tagHint,
  BAD_SCALAR_START: "put quotes around text that starts with a special character",
  MULTILINE_IMPLICIT_KEY: "a key stands on one line and ends with `:` and a space",
};

/** Parses YAML text (version 1.2) to a tree; never throws. An empty document gives a problem. */
export function readYaml(text: string, file: string): { tree: Tree } | { problems: Problem[] } {
  const tooLong = text.split("\n").findIndex((line) => line.length > maxLineLength);
  if (tooLong >= 0) {
    const at = { file, line: tooLong + 1, column: 1, endColumn: 2 };
    return { problems: [tooComplex(at, `this line has more than ${maxLineLength} characters`)] };
  }
  if (bottomless.test(text)) return { problems: [tooComplex(startOf(file), "the file is nested too deeply")] };
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: false,
    logLevel: "silent",
  });
  if (!Array.isArray(documents) || documents.length === 0) return { problems: [empty(file)] };
  const place = placeFinder(lines, file);
  const [document, second] = documents;
  const wrong = document!.errors[0] ?? document!.warnings[0];
  if (wrong !== undefined) return { problems: [syntaxProblem(wrong, place)] };
  if (second !== undefined) {
    const message = "a second YAML document begins here";
    return {
      problems: [
        problem(
          "DSP_SCENARIO_SEVERAL_DOCUMENTS",
          place(second.range[0], second.range[0] + 1),
          message,
          "keep one scenario per file; variants belong in `overrides`",
        ),
      ],
    };
  }
  if (document!.contents === null || (isScalar(document!.contents) && document!.contents.value === null))
    return { problems: [empty(file)] };
  return convert(document!.contents, place, file);
}

type PlaceFinder = (start: number, end: number) => Place;

function placeFinder(lines: LineCounter, file: string): PlaceFinder {
  return (start, end) => {
    const from = lines.linePos(start);
    const to = lines.linePos(end);
    const endColumn = to.line === from.line ? Math.max(to.col, from.col + 1) : Number.MAX_SAFE_INTEGER;
    return { file, line: Math.max(1, from.line), column: Math.max(1, from.col), endColumn };
  };
}

function empty(file: string): Problem {
  return problem(
    "DSP_SCENARIO_EMPTY",
    startOf(file),
    "the file holds nothing",
    "`disperse init` writes a scenario to start from",
  );
}

function tooComplex(at: Place, message: string): Problem {
  return problem("DSP_SCENARIO_TOO_COMPLEX", at, message, "write repeated values out, or use `overrides`");
}

function syntaxProblem(error: YAMLParseError | YAMLWarning, place: PlaceFinder): Problem {
  const at = place(error.pos[0], error.pos[1]);
  // The parser reports its own exhausted stack as an error of the text, and so it is.
  if (/call stack/i.test(error.message)) return tooComplex(at, "the file is nested too deeply");
  const message = error.message.split("\n")[0]!.slice(0, 200);
  const hint =
    syntaxHints[error.code] ?? "mind indentation, the space after `:`, and quotes around text with special characters";
  return problem("DSP_SCENARIO_SYNTAX", at, `not valid YAML: ${message}`, hint);
}

function nothing(at: Place): Tree {
  return { kind: "scalar", value: null, text: "", at };
}

/** Turns the parser's nodes into a tree. Aliases are followed, within limits, so that what follows sees plain data. */
function convert(root: unknown, place: PlaceFinder, file: string): { tree: Tree } | { problems: Problem[] } {
  const problems: Problem[] = [];
  const anchors = new Map<string, unknown>();
  const open = new Set<unknown>();
  let values = 0;

  function rangeOf(node: unknown): Place | null {
    const range = (node as { range?: readonly [number, number, number] | null } | null)?.range;
    return range === null || range === undefined ? null : place(range[0], range[1]);
  }

  /** `holder` is the key a collection hangs on: it is what one wants to see when something is missing inside. */
  function visit(node: unknown, holder: Place, depth: number): Tree {
    const at = rangeOf(node) ?? holder;
    values += 1;
    if (depth > maxDepth || values > maxValues || open.has(node)) {
      const why = open.has(node)
        ? "an alias leads back to itself"
        : depth > maxDepth
          ? "the file is nested too deeply"
          : "the file holds too many values, or its aliases multiply them";
      if (!problems.some((item) => item.code === "DSP_SCENARIO_TOO_COMPLEX")) problems.push(tooComplex(at, why));
      return nothing(at);
    }
    const anchor = (node as { anchor?: string } | null)?.anchor;
    if (anchor !== undefined) anchors.set(anchor, node);
    if (isAlias(node)) {
      if (!anchors.has(node.source) && problems.length < maxCollected) {
        const hint = `mark the value it stands for with \`&${node.source}\`, further up`;
        problems.push(problem("DSP_SCENARIO_SYNTAX", at, `there is no anchor \`${node.source}\` above`, hint));
      }
      return visit(anchors.get(node.source) ?? null, at, depth + 1);
    }
    if (isScalar(node)) {
      // The parser turns a tagged scalar into bytes or a date, which no value of a scenario is.
      if (typeof node.value === "object" && node.value !== null && problems.length < maxCollected)
        problems.push(problem("DSP_SCENARIO_SYNTAX", at, `the tag \`${node.tag ?? "!"}\` is not known`, tagHint));
      return scalarTree(node.value, node.source, at);
    }
    if (!isMap(node) && !isSeq(node)) return nothing(at);
    open.add(node);
    const tree: Tree = isSeq(node)
      ? { kind: "list", items: node.items.map((item) => visit(item, rangeOf(item) ?? at, depth + 1)), at: holder }
      : { kind: "map", entries: visitPairs(node.items, holder, depth), at: holder };
    open.delete(node);
    return tree;
  }

  function visitPairs(
    pairs: readonly { key: unknown; value: unknown }[],
    holder: Place,
    depth: number,
  ): Map<string, Entry> {
    const entries = new Map<string, Entry>();
    const merged = new Map<string, Entry>();
    for (const { key, value } of pairs) {
      const keyAt = rangeOf(key) ?? holder;
      const name = isScalar(key) ? nameOf(key) : null;
      if (name === null || name === "null") {
        problems.push(problem("DSP_SCENARIO_SYNTAX", keyAt, "a key must be a word", "write `key: value`"));
        continue;
      }
      if (name === "<<" && isScalar(key) && key.type === "PLAIN") {
        merge(visit(value, keyAt, depth + 1), keyAt, merged);
        continue;
      }
      const first = entries.get(name);
      if (first !== undefined && problems.length < maxCollected) {
        const hint = `it stands in line ${first.keyAt.line} already: remove one of them`;
        problems.push(problem("DSP_SCENARIO_DUPLICATE_KEY", keyAt, `the key \`${name}\` stands twice`, hint));
      }
      entries.set(name, { keyAt, value: visit(value, keyAt, depth + 1) });
    }
    // What a mapping says itself comes before what is merged into it, wherever the `<<` stands.
    for (const [name, entry] of merged) if (!entries.has(name)) entries.set(name, entry);
    return entries;
  }

  /** The merge key of YAML 1.1, which most tools still read: the entries of one mapping or of several, the first wins. */
  function merge(source: Tree, keyAt: Place, into: Map<string, Entry>): void {
    const parts = source.kind === "list" ? source.items : [source];
    for (const part of parts) {
      if (part.kind !== "map") {
        const hint = "write `<<: *name` with the anchor of a mapping";
        if (problems.length < maxCollected)
          problems.push(problem("DSP_SCENARIO_SYNTAX", keyAt, "`<<` merges mappings only", hint));
        return;
      }
      for (const [name, entry] of part.entries) if (!into.has(name)) into.set(name, entry);
    }
  }

  const tree = visit(root, startOf(file), 0);
  return problems.length > 0 ? { problems } : { tree };
}

/** A key is a name as it is written: `1e5` is not 100000, and a version `1.10` is not 1.1. */
function nameOf({ value, source }: Scalar): string {
  return typeof value === "number" && source !== undefined ? source : String(value);
}

function scalarTree(value: unknown, source: string | undefined, at: Place): Tree {
  if (typeof value === "string") return { kind: "scalar", value, text: value, at };
  if (typeof value === "number" || typeof value === "boolean")
    return { kind: "scalar", value, text: source ?? String(value), at };
  return nothing(at);
}
