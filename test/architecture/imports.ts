import { parseSync } from "oxc-parser";

export interface ImportStatement {
  readonly specifier: string;
  readonly typeOnly: boolean;
  readonly line: number;
}

/** Every module a source file names: imports, re-exports (type-only ones included) and dynamic imports. */
export function importsOf(path: string, source: string): ImportStatement[] {
  const { module, errors } = parseSync(path, source);
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
    const literal = source.slice(moduleRequest.start, moduleRequest.end).trim();
    const specifier = /^(["'`])([^"'`$]*)\1$/.exec(literal)?.[2];
    // A computed specifier cannot be checked, which is reason enough to report it.
    found.push({ specifier: specifier ?? `computed: ${literal}`, typeOnly: false, line: lineOf(start) });
  }
  return found;
}
