import { parseSync } from "oxc-parser";

export interface ImportStatement {
  readonly specifier: string;
  readonly typeOnly: boolean;
  readonly line: number;
}

/**
 * Every module a source file names: imports and re-exports (type-only ones included), dynamic imports, types written as
 * `import("…")`, `import x = require("…")`, declared modules, reference comments, and files named beside `import.meta.url`.
 */
export function importsOf(path: string, source: string): ImportStatement[] {
  const { module, errors, program, comments } = parseSync(path, source);
  if (errors.length > 0) throw new Error(`${path} does not parse: ${errors[0]!.message}`);
  const lineOf = (offset: number) => source.slice(0, offset).split("\n").length;
  const found: ImportStatement[] = [];
  for (const { moduleRequest, entries, start } of module.staticImports) {
    const typeOnly = entries.length > 0 && entries.every((entry) => entry.isType);
    found.push({ specifier: moduleRequest.value, typeOnly, line: lineOf(start) });
  }
  for (const { entries, start } of module.staticExports) {
    for (const entry of entries) {
      if (entry.moduleRequest) {
        found.push({ specifier: entry.moduleRequest.value, typeOnly: entry.isType, line: lineOf(start) });
      }
    }
  }
  for (const { moduleRequest, start } of module.dynamicImports) {
    const specifier = plainText(source.slice(moduleRequest.start, moduleRequest.end));
    // A computed specifier cannot be checked, which is reason enough to report it.
    found.push({ specifier: specifier ?? "computed: import()", typeOnly: false, line: lineOf(start) });
  }
  for (const { value, start } of comments) {
    const path = /^\/\s*<reference\s+(?:path|types)\s*=\s*["']([^"']+)["']/.exec(value)?.[1];
    if (path !== undefined) found.push({ specifier: path, typeOnly: true, line: lineOf(start) });
  }
  // The parser lists plain imports; the rarer ways are looked for in the tree, in the few files that could hold one.
  if (/\bimport\s*\(|\brequire\b|\bdeclare\s+module\b|\bimport\.meta\b/.test(source)) {
    walk(program, (node) => {
      const named = rareImport(node);
      if (named) found.push({ ...named, line: lineOf(node.start) });
    });
  }
  return found;
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly [key: string]: unknown;
}

function walk(value: unknown, visit: (node: Node) => void): void {
  if (Array.isArray(value)) for (const item of value) walk(item, visit);
  else if (typeof value === "object" && value !== null) {
    if ("type" in value && "start" in value) visit(value as Node);
    for (const inner of Object.values(value)) walk(inner, visit);
  }
}

function rareImport(node: Node): { specifier: string; typeOnly: boolean } | null {
  const at = (key: string) => node[key] as Node | undefined;
  const first = (node["arguments"] as readonly Node[] | undefined)?.[0];
  switch (node.type) {
    case "TSImportType":
      return named(at("source") ?? at("argument"), true);
    case "TSExternalModuleReference":
      return named(at("expression"), false);
    case "TSModuleDeclaration":
      return at("id")?.type === "Literal" ? named(at("id"), true) : null;
    case "CallExpression": {
      const callee = at("callee");
      const isResolve = callee?.type === "MemberExpression" && (callee["object"] as Node).type === "MetaProperty";
      return isResolve ? named(first, false) : null;
    }
    case "NewExpression": {
      // `new URL("./worker.ts", import.meta.url)` names a module; a folder or a page it may name as well.
      const isUrl = at("callee")?.["name"] === "URL" && typeof first?.["value"] === "string";
      return isUrl && /^\..*\.[jt]s$/.test(first["value"] as string) ? named(first, false) : null;
    }
    default:
      return null;
  }
}

function named(node: Node | undefined, typeOnly: boolean): { specifier: string; typeOnly: boolean } {
  const literal = node?.type === "TSLiteralType" ? (node["literal"] as Node) : node;
  const specifier =
    typeof literal?.["value"] === "string" ? literal["value"] : `computed: ${literal?.type ?? "nothing"}`;
  return { specifier, typeOnly };
}

/** The text of a literal without placeholders; null for anything that is computed. */
function plainText(expression: string): string | null {
  const bare = expression.replaceAll(/\/\*[^]*?\*\//g, "").trim();
  return /^(["'`])([^"'`$]*)\1$/.exec(bare)?.[2] ?? null;
}
