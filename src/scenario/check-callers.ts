import type { ErrorCode } from "./error-registry.ts";
import type { Scenario } from "./spec.ts";

type Report = (code: ErrorCode, path: readonly (string | number)[], message: string, hint: string) => void;

/** The callers of each workload are all of them, and an account is the same in all workloads. */
export function checkCallers({ workloads }: Scenario, shareTolerance: number, report: Report): void {
  const known = new Map<string, { readonly weight: number; readonly accounts: number; readonly workload: string }>();
  for (const [id, { callers }] of Object.entries(workloads)) {
    if (callers === null) continue;
    const path = ["workloads", id, "callers"];
    const sum = callers.reduce((total, { share }) => total + share, 0);
    if (Math.abs(sum - 1) > shareTolerance) {
      report(
        "DSP_SCENARIO_SHARES",
        path,
        `the shares sum to ${Math.round(sum * 10_000) / 100} %, not to 100 %`,
        "change them so that they sum to 100 %",
      );
    }
    for (const [index, { account, weight, accounts }] of callers.entries()) {
      const before = known.get(account);
      if (!before) known.set(account, { weight, accounts, workload: id });
      // Requests of an account may step back here and there; what it gets of the tokens is one number.
      for (const [name, value] of Object.entries({ weight, accounts })) {
        const other = before?.[name as "weight" | "accounts"] ?? value;
        if (other === value) continue;
        report(
          "DSP_SCENARIO_CONFLICT",
          [...path, index, name],
          `\`${account}\` has ${name} ${value} here and ${other} in \`${before!.workload}\``,
          "make them the same, or give the others a name of their own",
        );
      }
    }
  }
}
