// `npm run audit`: asks the registry for known weaknesses of what is shipped; `npm test` does so too where CI is set.
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const limitMs = 30_000;

interface Audit {
  readonly metadata?: { readonly vulnerabilities?: Readonly<Record<string, number>> };
  readonly vulnerabilities?: Readonly<Record<string, { readonly severity: string; readonly range: string }>>;
}

/**
 * How many high and critical weaknesses the registry knows. None when it offers no audit or cannot be reached, which is
 * said: a build must not depend on it.
 */
export function knownWeaknesses(): number {
  const { stdout } = spawnSync("npm", ["audit", "--omit=dev", "--json"], {
    cwd: root,
    encoding: "utf8",
    timeout: limitMs,
  });
  let audit: Audit = {};
  try {
    audit = JSON.parse(stdout) as Audit;
  } catch {
    // No answer, or none that is an audit.
  }
  const counts = audit.metadata?.vulnerabilities;
  if (counts === undefined) {
    process.stderr.write("audit: left out, the registry offers none or cannot be reached\n");
    return 0;
  }
  const bad = Object.entries(audit.vulnerabilities ?? {}).filter(([, { severity }]) => /high|critical/.test(severity));
  for (const [name, { severity, range }] of bad) process.stderr.write(`audit: ${name} ${range} is ${severity}\n`);
  process.stderr.write(`audit: ${counts["total"] ?? 0} known weaknesses, ${bad.length} high or critical\n`);
  return bad.length;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = knownWeaknesses() > 0 ? 1 : 0;
