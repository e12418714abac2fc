/** What a plan leaves unserved, in words. */
import type { PlanDocument } from "../../plan/index.ts";
import { percent, three } from "../terminal/figures.ts";

/** What training gets, and why it does not get the rest. */
export function trainingText({ world, training, untrained = [], deployment, period, status }: PlanDocument): string {
  const lines = world.training.flatMap((demand, index) => {
    const placed = training.filter((placement) => placement.training === index);
    const pflops = placed.reduce((sum, placement) => sum + placement.pflops, 0);
    const where = placed.map((placement) => {
      const pool = deployment.pools[placement.pool]!;
      return `${three(placement.modules)} × ${world.modules[pool.module]!.id} at ${world.sites[pool.site]!.name}`;
    });
    const missing = untrained.filter((entry) => entry.training === demand.id);
    return [
      `training ${demand.id}: ${three(pflops)} of ${three(demand.pflops[period]!)} useful PFLOP/s, on ${where.join(", ") || "nothing"}`,
      ...missing.flatMap((entry) => [
        `  ${three(entry.pflops)} PFLOP/s are missing: ${trainingReasons[entry.reason]}. ${entry.detail}`,
        ...helpLines(entry, status),
      ]),
    ];
  });
  return lines.join("\n");
}

const trainingReasons = {
  price: "it costs more than going without",
  limits: "limits are exhausted",
  scale: "too little is missing for another module",
} as const;

/** Losses shown in the summary; the table `unserved` of `disperse export` has all. */
const shownLosses = 12;

/** The truth about what is not served: share, reason, remedy. */
export function unservedText({ unserved, untrained, world, training, period, status }: PlanDocument): string {
  if (unserved.length === 0) {
    const trained = (index: number): number =>
      training.reduce((sum, placed) => (placed.training === index ? sum + placed.pflops : sum), 0);
    const lacking = world.training.flatMap(({ id, pflops }, index) =>
      trained(index) < pflops[period]! * (1 - 1e-6) ? [id] : [],
    );
    if (lacking.length === 0) return "all demand is served";
    const why = untrained
      ? ""
      : ", because that costs more than going without or a limit forbids it (disperse explain limit)";
    return `all requests are served; training ${lacking.join(", ")} does not get all it asks for${why}`;
  }
  const losses = lossesByCause(unserved).sort((a, b) => b.shareOfWorkload - a.shareOfWorkload);
  const lines = losses
    .slice(0, shownLosses)
    .flatMap((loss) => [
      `  ${shareText(loss.shareOfWorkload)} of ${loss.workload} over ${loss.accesses.join(", ")}: ${reasonText(loss.reason, status)}${loss.detail === "" ? "" : `. ${loss.detail}`}`,
      ...helpLines(loss, status),
    ]);
  const more = losses.length - shownLosses;
  if (more > 0) lines.push(`  … and ${more} smaller (disperse export has all)`);
  return ["not served by this plan:", ...lines].join("\n");
}

/** A share that is not nothing. */
export const shareText = (ratio: number): string => (ratio < 0.0005 ? "less than 0.1 %" : percent(ratio));

type UnservedEntry = PlanDocument["unserved"][number];

interface Loss extends Pick<UnservedEntry, "workload" | "reason" | "shareOfWorkload" | "detail" | "whatWouldHelp"> {
  readonly accesses: readonly string[];
}

/** What is lost for the same reason and would be helped by the same, whatever the access; of the details, those in common. */
function lossesByCause(unserved: PlanDocument["unserved"]): Loss[] {
  const byCause = Map.groupBy(unserved, ({ workload, reason, whatWouldHelp }) =>
    JSON.stringify([workload, reason, whatWouldHelp]),
  );
  return [...byCause.values()].map((entries): Loss => {
    const sorted = entries.toSorted((a, b) => b.shareOfWorkload - a.shareOfWorkload);
    const first = sorted[0]!;
    const parts = first.detail.split(", ");
    const common = parts.filter((part) => sorted.every(({ detail }) => detail.split(", ").includes(part)));
    return {
      ...first,
      accesses: sorted.map(({ access }) => access),
      shareOfWorkload: entries.reduce((sum, entry) => sum + entry.shareOfWorkload, 0),
      detail: common.join(", "),
    };
  });
}

/** Why requests are left unserved, in a few words. */
export function reasonText(reason: string, status: PlanDocument["status"]): string {
  const reasons: Readonly<Record<string, string>> = {
    physics: "infeasible by physics",
    place: "no candidate site near enough",
    law: "law",
    export: "export rules",
    memory: "memory",
    tier: "no site of a permitted tier",
    price: "costs more than a lost request",
    limits: "limits are exhausted",
    scale:
      status === "optimal"
        ? "too little demand in reach for a site"
        : "nothing that pays was found in the search so far",
  };
  return reasons[reason] ?? reason;
}

/** Remedies shown of each loss. */
const shownRemedies = 3;

function helpLines(
  { reason, whatWouldHelp }: { reason: string; whatWouldHelp: readonly string[] },
  status: PlanDocument["status"],
): string[] {
  // A search that ended by itself finds no more in more time.
  const time = reason === "scale" && status === "timeLimit" ? ["more time (--time-limit)"] : [];
  return [...time, ...whatWouldHelp.slice(0, shownRemedies)].map((remedy) => `      would help: ${remedy}`);
}
