import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, globSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Files whose change calls for a new build: the console itself and the pure floors it shows. */
const inputs = ["console/{src,public}/**/*", "console/*.{html,json,ts}", "src/**/*.ts", "package-lock.json"];

/** Builds the console's static files into console/dist unless they are current. Returns whether they are there now. */
export function buildConsole(root: string): boolean {
  const hash = createHash("sha256");
  for (const file of globSync(inputs, { cwd: root, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith(".test.ts"))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()) {
    hash.update(file.slice(root.length)).update(readFileSync(file));
  }
  const wanted = hash.digest("hex");
  const stamp = join(root, "console", "dist", ".built-from");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return true;
  process.stderr.write("disperse set-up: building the console …\n");
  const vite = spawnSync(
    process.execPath,
    [join(root, "node_modules/vite/bin/vite.js"), "build", "--logLevel", "warn"],
    {
      cwd: join(root, "console"),
      stdio: ["ignore", 2, 2],
    },
  );
  if (vite.status !== 0) return false;
  writeFileSync(stamp, wanted);
  return true;
}
