// The engine as M/M/c, M/D/1 and M/G/1-PS against theory: 20 replications, 99 % confidence intervals.
// `npm run -s bench -- queues [requests per replication]`
import { compareWithTheory, md1, mg1ps, mmc, replications, simulateQueue } from "./queue-systems.ts";
import { numberOf } from "./usage.ts";

export async function run(args: string[]): Promise<void> {
  const requests = numberOf(args[0], "requests per replication", 40_000, { least: 1000 });
  const systems = [
    ...[1, 4, 32].flatMap((servers) => [0.3, 0.7, 0.9].map((load) => ({ load, ...mmc(servers, load) }))),
    ...[0.3, 0.7, 0.9].map((load) => ({ load, ...md1(load) })),
    ...[0.3, 0.7, 0.9].flatMap((load) => [0.5, 2].map((variation) => ({ load, ...mg1ps(load, variation) }))),
  ];
  let misses = 0;
  for (const system of systems) {
    const runs = Array.from({ length: replications }, (_, seed) => simulateQueue(system, requests, seed));
    const sojourn = compareWithTheory(
      runs.map((entry) => entry.sojourn),
      system.meanSojourn,
    );
    const wait =
      system.meanWait === null
        ? null
        : compareWithTheory(
            runs.map((entry) => entry.wait),
            system.meanWait,
          );
    if (!sojourn.isWithin || wait?.isWithin === false) misses++;
    print({
      bench: "queues",
      system: system.name,
      load: system.load,
      requests: requests * replications,
      wait,
      sojourn,
    });
  }
  print({ bench: "queues", systems: systems.length, outsideOf99PercentInterval: misses });
}

function print(line: unknown): void {
  const rounded = JSON.stringify(line, (_, value: unknown) =>
    typeof value === "number" ? Number(value.toPrecision(5)) : value,
  );
  process.stdout.write(`${rounded}\n`);
}
