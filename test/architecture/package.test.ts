import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** Pages that an installed program names to its user, and those that these lead to. */
const pages = ["README.md", "docs/guide/cli.md", "docs/guide/gateway.md", "docs/reference/errors.md"];

it("the package carries the pages that its README and its errors point to, and no tests", () => {
  const packed = execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  const carried = [...packed.matchAll(/"path": ?"([^"]+)"/g)].map(([, path]) => path!);
  const named = pages.flatMap((page) =>
    Array.from(
      readFileSync(join(root, page), "utf8").matchAll(/(?<!!)\[[^\]]*\]\(([^)#:]+)(?:#[^)]*)?\)/g),
      ([, link]) => normalize(join(dirname(page), link!)),
    ),
  );
  const missing = [...pages, ...named].filter(
    (path) => !carried.some((file) => file === path || file.startsWith(path)),
  );
  expect([...new Set(missing)]).toEqual([]);
  expect(carried.filter((path) => /\.test\.\w+$/.test(path))).toEqual([]);
});
